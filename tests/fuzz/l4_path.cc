// Target: the whole L4 path of two workers. An input is a story: bursts of frames, time that
// passes, endpoints that die, drain and come back, reloads, rehearsals, a shutdown that begins and
// ends.
#include <algorithm>
#include <map>
#include <string>

#include "tests/fuzz/drops.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/traffic.h"
#include "tests/fuzz/workers.h"

namespace weft::fuzz {
namespace {

constexpr int steps_max = 128;

class Story {
 public:
  Story() : workers_([this](const Fate& fate) { judge(fate); }) {}

  void tell(Input input) {
    traffic_.restart();
    book_.restart();
    onlooker_.restart();
    pieces_seen_.clear();
    workers_.restart(input.u8());
    for (int step = 0; step < steps_max && !input.empty(); ++step) happen(input);
  }

 private:
  void happen(Input& input);
  void send(Input& input);
  void advance(Duration duration);
  void tell_of_flow(Input& input);
  void change_state(Input& input);
  Bytes next_frame(Input& input);

  void judge(const Fate& fate);
  void judge_transmitted(const Fate& fate, const Decoded& in);
  void judge_forwarded(const Fate& fate);
  void judge_cookie(const Fate& fate, const Decoded& in);
  void judge_drop(const Fate& fate, const Decoded& in) const;
  void judge_mtu(const Fate& fate, const Decoded& in) const;
  void note(const Fate& fate, const Decoded& in);
  void note_lost(const Fate& fate, const Decoded& in);

  using DatagramKey = std::tuple<std::string, std::string, uint32_t>;
  static DatagramKey datagram_of(const Decoded& in) {
    return {in.source, in.destination, in.identification};
  }

  Traffic traffic_;
  Book book_;
  Onlooker onlooker_;
  std::map<DatagramKey, Instant> pieces_seen_;  // when the first piece came
  Workers workers_;
};

Bytes Story::next_frame(Input& input) {
  Bytes frame = traffic_.next(input);
  traffic_.received(frame);
  const Decoded in = test::decode(frame);
  const bool piece = in.more_fragments || in.fragment_offset_bytes != 0;
  if (piece) pieces_seen_.try_emplace(datagram_of(in), workers_.now());
  return frame;
}

void Story::send(Input& input) {
  const uint8_t how = input.u8();
  std::vector<Bytes> frames(how < 128 ? 1 : 1 + how / 2 % 8);
  for (Bytes& frame : frames) frame = next_frame(input);
  workers_.send(how % 2, frames);
}

void Story::change_state(Input& input) {
  const auto& cluster = clusters()[input.u8() % clusters().size()];
  if (cluster.endpoints.empty()) return;
  const auto& endpoint = cluster.endpoints[input.u8() % cluster.endpoints.size()];
  const uint8_t how = input.u8();
  const uint32_t share = how >= 128 ? 1 + how % flow_shares : flow_shares;
  workers_.set_state(cluster, endpoint, static_cast<EndpointState>(how % 3), share);
}

// Peers hear of flows at risk, as if each were this gateway.
void Story::advance(Duration duration) {
  workers_.advance(duration);
  for (const PlacedFlow& flow : workers_.take_flows_at_risk()) {
    const Ends ends{flow.client.to_string(), flow.listener.to_string(), flow.client_port.host(),
                    flow.listener_port.host(), 6};
    const auto found = services_of(ends, Variant(0));  // it may be gone by now
    expect(!found.empty() && !is_nat(found.front()->forward) && book_.seen(ends),
           "a flow at risk that nobody has", {});
    const FuzzCluster& cluster = cluster_of(*found.front());
    const auto* endpoint =
        endpoint_at(cluster, flow.endpoint.to_string(), flow.endpoint_port.host());
    expect(endpoint != nullptr, "a flow at risk at no endpoint of its listener", {});
    workers_.tell_of(flow, cluster);
  }
}

void Story::tell_of_flow(Input& input) {
  const Service& service = services()[input.u8() % services().size()];
  const FuzzCluster& cluster = cluster_of(service);
  if (cluster.endpoints.empty()) return;
  const auto& endpoint = cluster.endpoints[input.u8() % cluster.endpoints.size()];
  const uint8_t who = input.u8();
  const auto ip = [](const std::string& text) { return *IpAddress::parse(text); };
  const auto& from = is_v4(service.address) ? clients : clients_v6;
  workers_.tell_of(
      {ip(from[who / 8 % from.size()]), ip(service.address), ip(endpoint.address),
       be16(static_cast<uint16_t>(1000 + who % 8)), be16(service.first_port), be16(endpoint.port)},
      cluster);
}

void Story::happen(Input& input) {
  switch (input.u8() % 32) {
    case 0:
      return advance(milliseconds(input.u16()));
    case 1:
    case 2:
      return advance(milliseconds(input.u8()));
    case 3:
    case 4:
    case 5:
      return change_state(input);
    case 6:
      return workers_.toggle_refusing();
    case 7:
    case 8:
      return workers_.reload(input.u8());
    case 9:
      return workers_.cut_frames(input.u8() % 2 == 0);
    case 10: {
      const uint8_t worker = input.u8();
      return workers_.rehearse(worker % 2, next_frame(input));
    }
    case 11:
      return workers_.ask_flows_at_risk();
    case 12:
      return tell_of_flow(input);
    default:
      return send(input);
  }
}

void judge_echo(const Bytes& frame, const Decoded& in, const Decoded& out) {
  const int reply = in.version == 4 ? 0 : 129;
  expect(out.icmp_type == reply && out.icmp_rest == in.icmp_rest && out.payload == in.payload &&
             out.source == in.destination && out.destination == in.source && out.ttl == 64,
         "another echo", frame);
  expect(out.sound() == in.sound(), "an echo whose sum was made right or wrong", frame);
}

// What must be told of a packet that is too big.
void Story::judge_mtu(const Fate& fate, const Decoded& in) const {
  const Decoded& reply = fate.output.frame;
  const bool needed = reply.version == 4 ? reply.icmp_type == 3 && reply.icmp_code == 4
                                         : reply.protocol == 58 && reply.icmp_type == 2;
  if (!needed) return;
  bool right = false;
  // What waited may have been looked at before, or after.
  for (const Variant& variant : {fate.variant, workers_.variant()}) {
    right |= reply.icmp_rest == variant.mtu_bytes;
    for (const Service* service : services_of(in, variant)) {
      for (const bool outer_v4 : {true, false}) {
        right |= reply.icmp_rest == variant.mtu_bytes - tunnel_bytes_of(service->forward, outer_v4);
      }
    }
    if (!fate.waited) break;
  }
  expect(right, "MTU", fate.frame);
  expect(in.ip_bytes > reply.icmp_rest, "too big for what it fits", fate.frame);
}

void Story::judge_forwarded(const Fate& fate) {
  Forwarding forwarding(fate.frame, fate.output.bytes, fate.variant);
  forwarding.in_segments = fate.in_segments;
  forwarding.turn = fate.turn;
  if (fate.waited) forwarding.turn.alone = false;  // it may have been changed when it was held
  if (!fate.waited) {
    forwarding.takes = [this](const FuzzCluster& cluster, const test::TestEndpoint& endpoint) {
      return cluster.on_down == OnEndpointDown::keep ||
             workers_.state_of(cluster, endpoint) != EndpointState::down;
    };
  }
  std::string about = complaint_about(forwarding, book_, onlooker_);
  if (!about.empty() && fate.waited) {  // decided before it was held, or after
    forwarding.variant = workers_.variant();
    about = complaint_about(forwarding, book_, onlooker_);
  }
  expect(about.empty(), "forwarded: " + about, fate.frame);
}

void Story::judge_cookie(const Fate& fate, const Decoded& in) {
  const auto services = services_of(in, fate.variant);
  expect(!services.empty(), "a cookie of no listener", fate.frame);
  const std::string about = onlooker_.complaint_about_cookie(
      *services.front(), Seen::in_frame(fate.frame), Seen::in_frame(fate.output.bytes),
      fate.variant.mtu_bytes, fate.turn.now);
  expect(about.empty(), about, fate.frame);
}

void Story::judge_transmitted(const Fate& fate, const Decoded& in) {
  const Decoded& out = fate.output.frame;
  const std::string_view own = out.version == 4 ? own_address : own_address_v6;
  expect(out.source_mac == "02:00:00:00:00:01", "sent as somebody else", fate.frame);
  const int echo = in.version == 4 ? 8 : 128;
  const bool echoed = in.protocol == (in.version == 4 ? 1 : 58) && in.icmp_type == echo;
  if (echoed && !in.more_fragments) return judge_echo(fate.frame, in, out);
  if (fate.output.drop == Drop::none) return judge_forwarded(fate);
  expect(leads_to(out.destination_mac, out.destination), "a reply on a wrong way", fate.frame);
  if (is_icmp_error(in)) {
    return judge_relayed_error(fate.frame, fate.output.bytes, own);
  }
  if (fate.output.drop == Drop::syn_cookie) judge_cookie(fate, in);
  // Of one in segments no more is quoted than is in the first.
  if (fate.in_segments) return expect(out.sound(), "a reply that is not sound", fate.frame);
  judge_reply(fate.frame, fate.output.bytes, own);
  judge_mtu(fate, in);
}

void Story::judge_drop(const Fate& fate, const Decoded& in) const {
  const auto seen = pieces_seen_.find(datagram_of(in));
  DropScene scene{.variant = fate.variant,
                  .refuses_new_flows = workers_.refuses_new_flows(),
                  .in_segments = fate.in_segments};
  scene.piece_waited_too_long =
      seen != pieces_seen_.end() && seen->second + seconds(1) <= workers_.now();
  std::string about = complaint_about(fate.output.drop, fate.frame, in, scene);
  if (!about.empty() && fate.waited) {
    scene.variant = workers_.variant();
    about = complaint_about(fate.output.drop, fate.frame, in, scene);
  }
  expect(about.empty(), about, fate.frame);
}

// A segment, or an error about one, did not go on, or not yet.
void Story::note_lost(const Fate& fate, const Decoded& in) {
  if (is_icmp_error(in)) {
    // Whether it was heard before that nobody sees.
    const auto client = book_.client_of(Ends::of(Seen(in.payload, true).d));
    if (client) onlooker_.saw_too_big(*client, {.alone = false});
    return;
  }
  if (in.protocol != 6 || in.fragment_offset_bytes != 0) return;
  const auto of_endpoint = book_.client_of(Ends::of(in).reversed());
  const Ends client = of_endpoint.value_or(Ends::of(in));
  const bool held = fate.output.verdict == Verdict::hold;
  for (const Service* service : services_of(client, fate.variant)) {
    if (!is_nat(service->forward)) continue;
    onlooker_.lost(*service, client, Seen::in_frame(fate.frame), fate.output.drop, held, fate.turn);
  }
}

// For what comes later.
void Story::note(const Fate& fate, const Decoded& in) {
  if (fate.output.transmitted()) traffic_.sent(fate.output.bytes, in, fate.output.frame);
  const bool to_service = !services_of(in, fate.variant).empty() && in.fragment_offset_bytes == 0;
  if (!fate.output.forwarded()) note_lost(fate, in);
  if (to_service && !fate.output.forwarded()) {
    book_.saw(Ends::of(in));
    book_.unsent(Ends::of(in));
  }
}

void Story::judge(const Fate& fate) {
  const Decoded in = test::decode(fate.frame);
  const Drop drop = fate.output.drop;
  const bool judged = fate.waited && fate.output.transmitted();  // when it began to wait
  if (drop != Drop::none && !judged) judge_drop(fate, in);
  switch (fate.output.verdict) {
    case Verdict::transmit:
      judge_transmitted(fate, in);
      break;
    case Verdict::twin:
      expect(fate.output.bytes == fate.frame, "changed on the way to the twin", fate.frame);
      break;
    case Verdict::drop:
      expect(drop != Drop::none, "dropped for nothing", fate.frame);
      break;
    case Verdict::hold:
      break;
    case Verdict::hand_off:
    case Verdict::live:
      expect(false, "two workers keep all and decide all", fate.frame);
  }
  note(fate, in);
}

}  // namespace

void run_target(std::span<const uint8_t> bytes) {
  static Story story;
  story.tell(Input(bytes));
}

}  // namespace weft::fuzz
