#include "mgmt/process/flow_memory.h"

#include <fmt/format.h>

#include "dataplane/base/available_memory.h"
#include "dataplane/table/nat_flows.h"
#include "dataplane/table/nat_flows6.h"
#include "dataplane/table/tunnel_flows.h"
#include "dataplane/table/tunnel_flows6.h"
#include "pipelines/l4/streams.h"

namespace weft::mgmt {

static constexpr uint64_t mib = 1u << 20;

template <class Bucket>
static uint64_t table_mib(uint32_t flows_max) {
  return uint64_t{FlowTable<Bucket>::buckets_for(flows_max)} * sizeof(Bucket) / mib;
}

static uint64_t streams_mib(uint32_t streams_max) {
  return Streams::bytes_for(streams_max) / mib;
}

static uint64_t worker_mib(const FlowSettings& flows) {
  return table_mib<TunnelBucket4>(flows.tunnel4_flows_max) +
         table_mib<TunnelBucket6>(flows.tunnel6_flows_max) +
         table_mib<NatBucket4>(flows.nat4_flows_max) + table_mib<NatBucket6>(flows.nat6_flows_max) +
         streams_mib(flows.streams_max);
}

uint64_t flow_memory_mib(const Model& model) {
  return model.gateway.workers.size() * worker_mib(model.flows);
}

std::string describe_flow_memory(const Model& model) {
  const FlowSettings& flows = model.flows;
  return fmt::format(
      "{} workers x ({} MiB for {} and {} MiB for {} tunnel flows of IPv4 and IPv6, {} MiB for {} "
      "and {} MiB for {} nat flows, {} MiB for {} streams) = {} MiB",
      model.gateway.workers.size(), table_mib<TunnelBucket4>(flows.tunnel4_flows_max),
      flows.tunnel4_flows_max, table_mib<TunnelBucket6>(flows.tunnel6_flows_max),
      flows.tunnel6_flows_max, table_mib<NatBucket4>(flows.nat4_flows_max), flows.nat4_flows_max,
      table_mib<NatBucket6>(flows.nat6_flows_max), flows.nat6_flows_max,
      streams_mib(flows.streams_max), flows.streams_max, flow_memory_mib(model));
}

Result<void> check_flow_memory(const Model& model, uint64_t available_mib) {
  if (flow_memory_mib(model) <= available_mib) return {};
  return fail(
      fmt::format("not enough memory for the flow tables: {}, but {} MiB are available; "
                  "lower *_flows_max and streams_max in [gateway.flows]",
                  describe_flow_memory(model), available_mib));
}

Result<void> check_flow_memory(const Model& model) {
  return check_flow_memory(model, available_memory_mib());
}

}  // namespace weft::mgmt
