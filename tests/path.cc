#include "tests/path.h"

#include "dataplane/base/check.h"

namespace weft::test {

static L4Settings settings(FlowsMax flows_max, uint16_t worker) {
  L4Settings settings;
  settings.worker = worker;
  settings.flows_max = flows_max;
  settings.flow_key = {1, 2, 3, 4};
  settings.steering_key = {5, 6, 7, 8};
  settings.links.resize(1);
  return settings;
}

Path::Path(const SnapshotBuilder& builder, FlowsMax flows_max, uint16_t worker)
    : gateway(builder.build()), settings_(settings(flows_max, worker)) {
  settings_.peer_flows = &peer_flows;
  restart();
}

void Path::restart() {
  now = {};
  refuse_new_flows = false;
  for (const auto& [_, endpoint] : gateway.endpoints) {
    gateway.set_state(endpoint, EndpointState::healthy);
    counters.endpoints[index(endpoint)].flows_active.set(0);
  }
  l4 = std::make_unique<L4>(settings_, *gateway.states, refuse_new_flows, counters,
                            gateway.snapshot.policy->timeouts, now);
}

Path::~Path() {
  l4.reset();
  CHECK(pool.buffers_out() == 0);
}

static std::vector<PathOutput> outputs_of(const Burst& burst) {
  CHECK(burst.live == 0);
  std::vector<PathOutput> outputs;
  for (uint32_t i = 0; i < burst.size; ++i) {
    PathOutput output{.verdict = burst.outcomes[i].verdict,
                      .drop = burst.dropped_for(i),
                      .target = burst.outcomes[i].target,
                      .packet = burst.packets[i].buffer()};
    const bool ours = output.verdict != Verdict::hold;
    if (ours && output.verdict != Verdict::drop) output.bytes = bytes_of(burst.packets[i]);
    if ((burst.followed >> i & 1) != 0) output.ports = burst.ports[i];
    if (output.transmitted()) output.frame = decode(output.bytes);
    if (ours) free_packet(burst.packets[i]);
    outputs.push_back(std::move(output));
  }
  return outputs;
}

PathOutput Path::send(const Bytes& frame) {
  return send_burst({frame}).front();
}

std::vector<PathOutput> Path::send_burst(const std::vector<Bytes>& frames) {
  CHECK(frames.size() <= Burst::packets_max);
  Burst burst;
  for (std::size_t i = 0; i < frames.size(); ++i)
    burst.packets[i] = pool.make(frames[i], segment_bytes);
  burst.start(static_cast<uint32_t>(frames.size()), 0);
  l4->process(burst, gateway.snapshot, now);
  return outputs_of(burst);
}

PathOutput Path::take_over(const PathOutput& handed) {
  Burst burst;
  burst.packets[0] = pool.make(handed.bytes);
  burst.start(1, 0);
  if (handed.ports) {
    burst.followed = 1;
    burst.ports[0] = *handed.ports;
  }
  l4->process(burst, gateway.snapshot, now);
  return outputs_of(burst).front();
}

std::vector<PathOutput> Path::release() {
  Burst burst;
  if (l4->release(burst, gateway.snapshot, now) == 0) return {};
  return outputs_of(burst);
}

void Path::advance(Duration duration) {
  // In steps, as turns come, so that sweeps keep up.
  constexpr int steps = 64;
  for (int i = 0; i < steps; ++i) {
    now += duration / steps;
    l4->idle(gateway.snapshot, now);
  }
}

void Path::reconfigure(const SnapshotBuilder& builder) {
  reconfigure(builder.build());
}

void Path::reconfigure(const TestGateway& next) {
  const uint64_t generation = gateway.snapshot.generation;
  gateway.snapshot = next.snapshot;
  gateway.snapshot.generation = generation + 1;
  gateway.clusters = next.clusters;
  gateway.endpoints = next.endpoints;
}

PathOutput Path::rehearse(const Bytes& frame) {
  WorkerCounters unused;
  L4 stand_in(settings_, *gateway.states, refuse_new_flows, unused,
              gateway.snapshot.policy->timeouts, now);
  Burst burst;
  burst.packets[0] = pool.make(frame, segment_bytes);
  burst.start(1, 0);
  Rehearsal rehearsal;
  stand_in.rehearse(*l4, burst, gateway.snapshot, now, rehearsal);
  CHECK(rehearsal.sights().back().outcome.verdict == burst.outcomes[0].verdict);
  return outputs_of(burst).front();
}

}  // namespace weft::test
