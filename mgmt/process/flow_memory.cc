#include "mgmt/process/flow_memory.h"

#include <fmt/format.h>

#include "dataplane/base/available_memory.h"
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

Result<void> check_flow_memory(const Model& model) {
  return check_flow_memory(model, available_memory_mib());
}

}  // namespace weft::mgmt
