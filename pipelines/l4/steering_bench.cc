// What two and more workers cost beside one: naming the owner of each packet of a burst, and
// finding a source port whose replies come back to this worker.
#include <benchmark/benchmark.h>

#include "dataplane/table/nat_flows.h"
#include "pipelines/l4/pick_source.h"
#include "pipelines/l4/steer.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

const SteeringHash hash({5, 6, 7, 8}, {});

test::TestGateway gateway_of(uint32_t workers, Forward forward) {
  test::SnapshotBuilder builder;
  builder.cluster("web", {{"10.0.2.1", 8080}});
  builder.listener("203.0.113.10", 80, Protocol::tcp, forward, "web");
  builder.source_addresses("10.0.0.240/29");
  return builder.workers(workers).build();
}

Headers packet(bool v4, uint32_t n) {
  const IpAddress client = v4 ? IpAddress::v4(be32(0x0a090000 + n * 7919))
                              : *IpAddress::parse("2001:db8::" + std::to_string(n + 1));
  return {.source = client,
          .destination = *IpAddress::parse(v4 ? "203.0.113.10" : "2001:db8:f::10"),
          .source_port = be16(static_cast<uint16_t>(1024 + n * 31)),
          .destination_port = be16(80),
          .protocol = Protocol::tcp,
          .payload = Payload::transport,
          .v4 = v4};
}

void steer_burst(benchmark::State& state, bool v4) {
  const auto gateway = gateway_of(static_cast<uint32_t>(state.range(0)), Forward::nat);
  const PolicyPart& policy = *gateway.snapshot.policy;
  Burst burst;
  Decisions decisions;
  for (uint32_t i = 0; i < Burst::packets_max; ++i) {
    burst.headers[i] = packet(v4, i);
    decisions[i].clear();
    decisions[i].owner = AddressOwner::listener;
    decisions[i].listener = &policy.listeners.policies.front();
  }
  for (auto _ : state) {
    burst.start(Burst::packets_max, 0);
    steer(burst, decisions, policy, hash, 0);
    benchmark::DoNotOptimize(burst.live);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * Burst::packets_max);
}
BENCHMARK_CAPTURE(steer_burst, v4, true)->Arg(1)->Arg(2);
BENCHMARK_CAPTURE(steer_burst, v6, false)->Arg(1)->Arg(2);

void pick_source(benchmark::State& state) {
  const auto gateway = gateway_of(static_cast<uint32_t>(state.range(0)), Forward::fullnat);
  const EndpointSlot slot = gateway.endpoint("web", "10.0.2.1:8080");
  const EndpointRecord& endpoint = gateway.snapshot.endpoints->records[index(slot)];
  NatFlows4 flows(1024, KeyedHash({1, 2, 3, 4}));
  const SourcePicker sources(*gateway.snapshot.policy, hash, 0);
  uint64_t flow = 0;
  for (auto _ : state) {
    const auto source = sources.pick(flows, endpoint, Protocol::tcp, flow++ * 0x9e3779b97f4a7c15u);
    if (!source) state.SkipWithError("no source was found");
    benchmark::DoNotOptimize(source);
  }
}
BENCHMARK(pick_source)->Arg(1)->Arg(2)->Arg(8)->Arg(32);

}  // namespace
}  // namespace weft
