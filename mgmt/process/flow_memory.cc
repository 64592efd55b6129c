#include "mgmt/process/flow_memory.h"

#include <fmt/format.h>

#include <fstream>

#include "dataplane/table/nat_flows.h"
#include "dataplane/table/tunnel_flows.h"

namespace weft::mgmt {

static constexpr uint64_t mib = 1u << 20;

static uint64_t tunnel_bytes(const Model& model) {
  return uint64_t{model.flows.tunnel_flows_max} * sizeof(TunnelBucket4) / TunnelBucket4::flows;
}
static uint64_t nat_bytes(const Model& model) {
  return uint64_t{model.flows.nat_flows_max} * sizeof(NatBucket4) / NatBucket4::flows;
}

uint64_t flow_memory_mib(const Model& model) {
  return model.gateway.workers.size() * (tunnel_bytes(model) + nat_bytes(model)) / mib;
}

std::string describe_flow_memory(const Model& model) {
  return fmt::format("{} workers x ({} MiB for {} tunnel flows + {} MiB for {} nat flows) = {} MiB",
                     model.gateway.workers.size(), tunnel_bytes(model) / mib,
                     model.flows.tunnel_flows_max, nat_bytes(model) / mib,
                     model.flows.nat_flows_max, flow_memory_mib(model));
}

Result<void> check_flow_memory(const Model& model, uint64_t available_mib) {
  if (flow_memory_mib(model) <= available_mib) return {};
  return fail(
      fmt::format("not enough memory for the flow tables: {}, but {} MiB are available; "
                  "lower gateway.flows.tunnel_flows_max or nat_flows_max",
                  describe_flow_memory(model), available_mib));
}

static uint64_t available_mib() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key, unit;
  uint64_t kib = 0;
  while (meminfo >> key >> kib && std::getline(meminfo, unit)) {
    if (key == "MemAvailable:") return kib / 1024;
  }
  return UINT64_MAX / mib;  // not said: the allocation will tell
}

Result<void> check_flow_memory(const Model& model) {
  return check_flow_memory(model, available_mib());
}

}  // namespace weft::mgmt
