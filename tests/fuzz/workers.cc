#include "tests/fuzz/workers.h"

#include "tests/fuzz/judge.h"

namespace weft::fuzz {
namespace {

constexpr FlowsMax flows_max = {64, 64, 64, 64, 8};  // few: tables fill
constexpr uint32_t segment_bytes = 192;

std::string key_of(const FuzzCluster& cluster, const test::TestEndpoint& endpoint) {
  return cluster.name + "/" + endpoint.address + ":" + std::to_string(endpoint.port);
}

// What one worker counted, in total.
struct Totals {
  uint64_t listener_packets = 0, listener_bytes = 0, listener_flows = 0;
  uint64_t endpoint_packets = 0, endpoint_bytes = 0, endpoint_flows = 0, flows_active = 0;
  uint64_t drops = 0, tunnel_entries = 0, nat_entries = 0, held = 0;
  bool operator==(const Totals&) const = default;
};

Totals totals_of(const test::Path& path) {
  Totals totals;
  for (std::size_t i = 0; i < services().size(); ++i) {
    const ListenerCounters& listener = path.counters.listeners[i];
    totals.listener_packets += listener.packets.read();
    totals.listener_bytes += listener.bytes.read();
    totals.listener_flows += listener.flows.read();
    totals.drops += listener.drops.read();
  }
  for (std::size_t i = 0; i < configuration(0).endpoints.size(); ++i) {
    const EndpointCounters& endpoint = path.counters.endpoints[i];
    totals.endpoint_packets += endpoint.packets.read();
    totals.endpoint_bytes += endpoint.bytes.read();
    totals.endpoint_flows += endpoint.flows.read();
    totals.flows_active += endpoint.flows_active.read();
  }
  const Flows& flows = path.l4->flows();
  totals.tunnel_entries = flows.tunnel4.counts().entries + flows.tunnel6.counts().entries;
  totals.nat_entries = flows.nat4.counts().entries + flows.nat6.counts().entries;
  totals.held = path.l4->packets_held();
  return totals;
}

// A rehearsal does not know what depends on more than the packet's own flow.
bool is_foretold(const Decoded& in, const Variant& variant, const test::PathOutput& foretold,
                 const test::PathOutput& output) {
  const bool piece = in.more_fragments || in.fragment_offset_bytes != 0;
  if (piece || variant.flood || output.drop == Drop::next_hop_unresolved) return false;
  const bool streams = output.drop == Drop::streams_full || foretold.drop == Drop::syn_cookie;
  if (streams) return false;  // whether there is room for one
  if (foretold.verdict == Verdict::hold && output.verdict == Verdict::drop) return false;
  for (const Service* service : services_of(in, variant)) {
    if (service->limited || service->per_packet || cluster_of(*service).flows_max != 0)
      return false;
  }
  return true;
}

}  // namespace

Workers::Workers(Judge judge) : judge_(std::move(judge)), variant_(0) {
  for (uint16_t i = 0; i < workers_.size(); ++i) {
    workers_[i] = std::make_unique<test::Path>(configuration_builder(Variant(0)), flows_max, i);
  }
}

void Workers::restart(uint8_t variant) {
  for (auto& path : workers_) {
    path->refuse_new_flows = false;
    path->reconfigure(configuration(0));
    path->restart();
    expect(path->pool.buffers_out() == 0, "buffers are missing", {});
    path->peer_flows.sweep(path->peer_flows.sets(), [](const auto&) { return true; });
    path->segment_bytes = UINT16_MAX;
  }
  for (auto& held : held_) held.clear();
  restart_bits_ = variant & Variant::restart_bits;
  reload(variant);
}

void Workers::reload(uint8_t variant) {
  variant = static_cast<uint8_t>((variant & ~Variant::restart_bits) | restart_bits_);
  variant_ = Variant(variant);
  for (auto& path : workers_) {
    path->reconfigure(configuration(variant));
    for (const auto& [name, slot] : path->gateway.endpoints) {
      path->gateway.set_state(slot, path->gateway.states->get(slot));
    }
  }
}

void Workers::send(std::size_t worker, const std::vector<Bytes>& frames) {
  const FlowCounts before = flows_begun(worker);
  const auto outputs = workers_[worker]->send_burst(frames);
  const FlowCounts after = flows_begun(worker);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Turn turn = turn_of(frames[i], before, after, frames.size());
    take(worker, frames[i], outputs[i], turn, nullptr, 0);
  }
  release();
}

void Workers::rehearse(std::size_t worker, const Bytes& frame) {
  test::Path& path = *workers_[worker];
  const Totals before = totals_of(path);
  const test::PathOutput foretold = path.rehearse(frame);
  expect(totals_of(path) == before, "a rehearsal changed the worker", frame);
  const FlowCounts flows_before = flows_begun(worker);
  const test::PathOutput output = path.send(frame);
  if (is_foretold(test::decode(frame), variant_, foretold, output)) {
    expect(foretold.verdict == output.verdict && foretold.drop == output.drop,
           "rehearsed otherwise", frame);
  }
  take(worker, frame, output, turn_of(frame, flows_before, flows_begun(worker), 1), nullptr, 0);
  release();
}

Workers::FlowCounts Workers::flows_begun(std::size_t worker) const {
  FlowCounts counts;
  for (std::size_t i = 0; i < services().size(); ++i) {
    counts.push_back(workers_[worker]->counters.listeners[i].flows.read());
  }
  return counts;
}

Turn Workers::turn_of(const Bytes& frame, const FlowCounts& before, const FlowCounts& after,
                      std::size_t packets) const {
  Turn turn{.alone = packets == 1, .now = now()};
  for (const Service* service : services_of(test::decode(frame), variant_)) {
    const auto i = static_cast<std::size_t>(service - services().data());
    turn.begun |= before[i] != after[i];
  }
  return turn;
}

void Workers::take(std::size_t worker, const Bytes& frame, const test::PathOutput& output,
                   const Turn& turn, const Held* held, int handed_off) {
  if (output.verdict == Verdict::hand_off) {
    expect(output.target == 1 - worker, "handed off to itself, or nobody", frame);
    expect(output.bytes == frame, "changed on the way to another worker", frame);
    expect(handed_off < 2, "handed to and fro", frame);
    const std::size_t other = output.target;
    const FlowCounts before = flows_begun(other);
    const test::PathOutput there = workers_[other]->take_over(output);
    const Turn there_turn = turn_of(frame, before, flows_begun(other), 1);
    return take(other, frame, there, there_turn, held, handed_off + 1);
  }
  const bool in_segments = held == nullptr ? cuts_frames() : held->in_segments;
  if (output.verdict == Verdict::hold) {
    held_[worker].insert_or_assign(output.packet, Held{frame, variant_, output.drop, in_segments});
  }
  if (held == nullptr) return judge_({frame, output, variant_, false, in_segments, turn});
  Fate fate{frame, output, held->variant, true, in_segments, turn};
  if (fate.output.drop == Drop::none) fate.output.drop = held->drop;
  judge_(fate);
}

void Workers::release() {
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    for (;;) {
      const FlowCounts before = flows_begun(worker);
      const auto outputs = workers_[worker]->release();
      const FlowCounts after = flows_begun(worker);
      if (outputs.empty()) break;
      for (const auto& output : outputs) {
        const auto found = held_[worker].find(output.packet);
        expect(found != held_[worker].end(), "released what was not held", output.bytes);
        const Held held = found->second;
        held_[worker].erase(found);
        const Turn turn = turn_of(held.frame, before, after, outputs.size());
        take(worker, held.frame, output, turn, &held, 0);
      }
    }
    check_totals(worker);
  }
}

void Workers::check_totals(std::size_t worker) const {
  const test::Path& path = *workers_[worker];
  const Totals totals = totals_of(path);
  expect(totals.listener_packets == totals.endpoint_packets &&
             totals.listener_bytes == totals.endpoint_bytes &&
             totals.listener_flows == totals.endpoint_flows,
         "listeners and endpoints count differently", {});
  const uint64_t active_max = totals.tunnel_entries + totals.nat_entries;
  const uint64_t active_min = totals.tunnel_entries + (totals.nat_entries + 1) / 2;
  expect(active_min <= totals.flows_active && totals.flows_active <= active_max,
         "active flows and entries of the tables differ", {});
  expect(totals.held == held_[worker].size(), "held packets are miscounted", {});
  uint64_t buffers = 0;
  for (const auto& [packet, _] : held_[worker]) {
    buffers += static_cast<const rte_mbuf*>(packet)->nb_segs;
  }
  expect(path.pool.buffers_out() == buffers, "buffers are missing", {});
}

void Workers::advance(Duration duration) {
  for (auto& path : workers_) {
    path->advance(duration);
    while (const auto wish = path->l4->neighbour_wishes().take()) {
      expect(!wish->address.is_unspecified(), "nobody's link address is asked for", {});
    }
  }
  release();
}

void Workers::set_state(const FuzzCluster& cluster, const test::TestEndpoint& endpoint,
                        EndpointState state, uint32_t share) {
  for (auto& path : workers_) {
    const auto found = path->gateway.endpoints.find(key_of(cluster, endpoint));
    if (found == path->gateway.endpoints.end()) continue;
    path->gateway.set_state(found->second, state);
    path->gateway.states->set(found->second, state, share);
  }
}

EndpointState Workers::state_of(const FuzzCluster& cluster,
                                const test::TestEndpoint& endpoint) const {
  const auto& gateway = workers_[0]->gateway;
  const auto found = gateway.endpoints.find(key_of(cluster, endpoint));
  // Of one that is gone flows may go on until the sweep comes.
  return found == gateway.endpoints.end() ? EndpointState::draining
                                          : gateway.states->get(found->second);
}

void Workers::toggle_refusing() {
  for (auto& path : workers_) path->refuse_new_flows = !path->refuse_new_flows;
}

void Workers::ask_flows_at_risk() {
  for (auto& path : workers_) path->l4->flows_at_risk().ask();
}

std::vector<PlacedFlow> Workers::take_flows_at_risk() {
  std::vector<PlacedFlow> flows;
  for (auto& path : workers_) {
    path->l4->flows_at_risk().take(UINT32_MAX, [&](const auto& flow) { flows.push_back(flow); });
  }
  return flows;
}

void Workers::tell_of(const PlacedFlow& flow, const FuzzCluster& cluster) {
  const test::TestEndpoint endpoint{flow.endpoint.to_string(), flow.endpoint_port.host()};
  for (auto& path : workers_) {
    const auto found = path->gateway.endpoints.find(key_of(cluster, endpoint));
    if (found == path->gateway.endpoints.end()) continue;
    EndpointSlot lost = none<EndpointSlot>;
    path->peer_flows.put(flow, {1, path->now, found->second}, lost);
  }
}

void Workers::cut_frames(bool cut) {
  for (auto& path : workers_) path->segment_bytes = cut ? segment_bytes : UINT16_MAX;
}

}  // namespace weft::fuzz
