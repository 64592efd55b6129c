#include "pipelines/l4/l4.h"

#include <utility>

#include "pipelines/l4/admit.h"
#include "pipelines/l4/answer.h"
#include "pipelines/l4/answer_echo.h"
#include "pipelines/l4/clamp_mss.h"
#include "pipelines/l4/follow_fragments.h"
#include "pipelines/l4/forward.h"
#include "pipelines/l4/forward_icmp_error.h"
#include "pipelines/l4/match_icmp_error.h"
#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/next_hop.h"
#include "pipelines/l4/open_stream.h"
#include "pipelines/l4/parse_quoted.h"
#include "pipelines/l4/pick_endpoint.h"
#include "pipelines/l4/relay_tunnel_error.h"
#include "pipelines/l4/route_quic.h"
#include "pipelines/l4/steer.h"
#include "pipelines/l4/track_flow.h"
#include "pipelines/tunnel_probes.h"

namespace weft {

L4::L4(const L4Settings& settings, const EndpointStates& states,
       const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
       const FlowTimeouts& timeouts, Instant now)
    : states_(states),
      refuse_new_flows_(refuse_new_flows),
      counters_(counters),
      worker_(settings.worker),
      links_(settings.links),
      probe_ports_(settings.probe_ports),
      steering_hash_(settings.steering_key, settings.steering_shape),
      datagram_hash_(settings.steering_key),
      fragments_(datagram_hash_),
      flows_(settings.flows_max, KeyedHash(settings.flow_key), timeouts, now, counters) {
  flows_.peers = settings.peer_flows;
}

// Of the packets that came to a listener those that ended here.
static void count_dropped(uint32_t dropped, const Decisions& decisions, WorkerCounters& counters) {
  for (; dropped != 0; dropped &= dropped - 1) {
    const ListenerSlot listener = decisions[std::countr_zero(dropped)].listener_slot;
    if (listener != none<ListenerSlot>) counters.listeners[index(listener)].drops.add(1);
  }
}

// Every stage, in order. `watch` is told after each.
template <class Watch>
void L4::run_stages(Burst& burst, const Snapshot& snapshot, Instant now, Watch watch) {
  const PolicyPart& policy = *snapshot.policy;
  const bool refuse_new_flows = refuse_new_flows_.load(std::memory_order_relaxed);
  const OwnAddresses& own = snapshot.routing->icmp_sources[burst.interface];
  const SourcePicker sources(policy, steering_hash_, worker_);

  flows_.mine = policy.shares[worker_];
  flows_.expire(snapshot, now);
  parse_headers(burst, links_[burst.interface]);
  watch.after("parse_headers");
  follow_fragments(burst, fragments_, policy, datagram_hash_, worker_, now);
  watch.after("follow_fragments");
  relay_tunnel_error(burst, policy.listeners);
  watch.after("relay_tunnel_error");
  match_listener(burst, decisions_, policy.listeners);
  watch.after("match_listener");
  answer_echo(burst, decisions_);
  watch.after("answer_echo");
  steer(burst, decisions_, policy, steering_hash_, worker_);
  watch.after("steer");
  match_icmp_error(burst, decisions_, snapshot, states_, flows_);
  watch.after("match_icmp_error");
  const uint32_t matched = burst.live;
  admit(burst, decisions_, snapshot);
  watch.after("admit");
  track_flow(burst, decisions_, snapshot, flows_);
  watch.after("track_flow");
  route_quic(burst, decisions_, snapshot, states_, counters_);
  watch.after("route_quic");
  pick_endpoint(burst, decisions_, snapshot, states_, flows_, sources, refuse_new_flows);
  watch.after("pick_endpoint");
  open_stream(burst, decisions_, snapshot, flows_.streams, held_, now);
  watch.after("open_stream");
  clamp_mss(burst, decisions_, snapshot);
  watch.after("clamp_mss");
  forward(burst, decisions_, *snapshot.routing, flows_.streams, counters_);
  watch.after("forward");
  forward_icmp_error(burst, decisions_, *snapshot.routing, flows_.streams);
  watch.after("forward_icmp_error");
  answer(burst, own, reply_limits_, flows_.cookies, now);
  watch.after("answer");
  next_hop(burst, decisions_, *snapshot.routing, wishes_, waiting_, now);
  watch.after("next_hop");
  count_dropped(burst.dropped & matched, decisions_, counters_);
}

struct NobodyWatches {
  void after(std::string_view) const {}
};

void L4::process(Burst& burst, const Snapshot& snapshot, Instant now) {
  flows_at_risk_.look(flows_, snapshot, states_, counters_, now);
  run_stages(burst, snapshot, now, NobodyWatches{});
}

// In what the packet, or the one that it quotes, will look for.
void L4::stand_in_for(const L4& real, const Burst& burst) {
  const Headers& headers = burst.headers[0];
  if (headers.payload != Payload::icmp_error) return flows_.stand_in_for(real.flows_, headers);
  const auto quoted = parse_quoted_reversed(burst.packets[0], headers);
  if (quoted) flows_.stand_in_for(real.flows_, *quoted);
}

void L4::rehearse(const L4& real, Burst& burst, const Snapshot& snapshot, Instant now,
                  Rehearsal& rehearsal) {
  reply_limits_ = real.reply_limits_;
  decisions_[0].clear();
  const auto see = [&](std::string_view stage) {
    if (stage == "match_listener" && burst.live != 0) stand_in_for(real, burst);
    rehearsal.see(stage, burst, decisions_[0], snapshot, states_);
  };
  struct Watch {
    decltype(see)& after;
  };
  run_stages(burst, snapshot, now, Watch{see});
}

void L4::send_probes(Burst& burst, uint32_t which, const Snapshot& snapshot, Instant now) {
  CHECK(probe_ports_ != nullptr);
  const uint32_t others = std::exchange(burst.live, which) & ~which;
  weft::send_probes(burst, decisions_, snapshot, *probe_ports_);
  next_hop(burst, decisions_, *snapshot.routing, wishes_, waiting_, now);
  burst.live = others;
}

void L4::idle(const Snapshot& snapshot, Instant now) {
  flows_at_risk_.look(flows_, snapshot, states_, counters_, now);
  flows_.expire(snapshot, now);
}

uint32_t L4::release_waiting(Burst& burst, const Snapshot& snapshot, Instant now) {
  if (waiting_.size() == 0) return 0;
  const uint32_t released = waiting_.release(burst, decisions_, *snapshot.routing, now);
  next_hop(burst, decisions_, *snapshot.routing, wishes_, waiting_, now);
  count_dropped(burst.dropped, decisions_, counters_);
  return released;
}

uint32_t L4::release(Burst& burst, const Snapshot& snapshot, Instant now) {
  const uint32_t waited = release_waiting(burst, snapshot, now);
  if (waited != 0) return waited;
  const uint32_t pieces = fragments_.release(burst, now);
  if (pieces != 0 && burst.live != 0) process(burst, snapshot, now);
  if (pieces != 0) return pieces;
  const uint32_t segments = held_.release(burst, now);
  if (segments != 0) process(burst, snapshot, now);
  return segments;
}

}  // namespace weft
