#include "mgmt/explain/explanation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weft::mgmt {
namespace {

std::string flags_text(uint8_t flags) {
  std::string text;
  const auto add = [&](uint8_t flag, std::string_view name) {
    if ((flags & flag) != 0) (text += ' ') += name;
  };
  add(tcp_flag::syn, "syn");
  add(tcp_flag::fin, "fin");
  add(tcp_flag::rst, "rst");
  add(tcp_flag::psh, "psh");
  add(tcp_flag::ack, "ack");
  return text;
}

std::string what_is(const Headers& headers) {
  switch (headers.payload) {
    case Payload::icmp_echo:
      return "an ICMP echo";
    case Payload::icmp_error:
      return "an ICMP error";
    case Payload::first_fragment:
    case Payload::later_fragment:
      return "a fragment";
    default:
      return "an IP packet";
  }
}

std::string packet_text(const Headers& headers) {
  if (headers.payload == Payload::none) return "a frame for the kernel";
  const std::string rest = fmt::format(", {} bytes, ttl {}", headers.ip_bytes, headers.ttl);
  if (headers.payload != Payload::transport) {
    return fmt::format("{} {} > {}{}", what_is(headers), headers.source.to_string(),
                       headers.destination.to_string(), rest);
  }
  const bool tcp = headers.protocol == Protocol::tcp;
  return fmt::format("{} {} > {}{}{}", tcp ? "tcp" : "udp",
                     headers.source.to_string(headers.source_port.host()),
                     headers.destination.to_string(headers.destination_port.host()),
                     tcp ? flags_text(headers.tcp_flags) : "", rest);
}

std::string_view reply_text(Reply reply) {
  switch (reply) {
    case Reply::tcp_reset:
      return "a TCP reset";
    case Reply::port_unreachable:
      return "ICMP port unreachable";
    case Reply::host_unreachable:
      return "ICMP host unreachable";
    case Reply::ttl_exceeded:
      return "ICMP time exceeded";
    case Reply::syn_cookie:
      return "a SYN cookie";
    case Reply::fragmentation_needed:
      return "the path's MTU (Fragmentation Needed, Packet Too Big)";
    default:
      return "nothing";
  }
}

std::string_view forward_text(Forward forward) {
  switch (forward) {
    case Forward::nat:
      return "nat";
    case Forward::fullnat:
      return "fullnat";
    case Forward::ipip:
      return "ipip";
    case Forward::gue:
      return "gue";
    case Forward::gre:
      return "gre";
    case Forward::direct:
      return "direct";
  }
  return "";
}

// What one stage changed, fact by fact.
class Facts {
 public:
  Facts(const StageSight& before, const StageSight& after, const ExplainNames& names)
      : before_(before), after_(after), names_(names) {}

  std::vector<std::string> all(bool first) {
    const Verdict verdict = after_.outcome.verdict;
    if (first && verdict != Verdict::drop) facts_.push_back(packet_text(after_.headers));
    if (!first) {
      add_listener();
      add_endpoint();
      add_rewrites();
    }
    add_answer();
    if (verdict != before_.outcome.verdict || first) add_verdict();
    return std::move(facts_);
  }

 private:
  std::string listener_name() const {
    const std::string_view name = names_.listener(after_.listener);
    return name.empty() ? "that is configured no more" : std::string(name);
  }
  std::string interface_name(uint16_t interface) const {
    return interface < names_.interfaces.size() ? names_.interfaces[interface] : "?";
  }
  bool live() const { return after_.outcome.verdict == Verdict::live; }

  void add_listener() {
    if (after_.listener != none<ListenerSlot> && before_.listener == none<ListenerSlot>) {
      facts_.push_back(after_.to_listener ? fmt::format("to listener {} ({})", listener_name(),
                                                        forward_text(after_.forward))
                                          : fmt::format("a reply of listener {}", listener_name()));
      return;
    }
    if (after_.stage != "match_listener" || !live()) return;
    facts_.emplace_back(after_.owner == AddressOwner::nobody
                            ? "to no address of ours: an endpoint's reply, or transit"
                            : "to an address of ours where no listener is");
  }

  void add_endpoint() {
    const bool tracks = after_.stage == "track_flow";
    if (after_.endpoint == before_.endpoint || after_.endpoint == none<EndpointSlot>) {
      if (tracks && live() && after_.endpoint == none<EndpointSlot>) {
        facts_.emplace_back("no flow is known");
      }
      return;
    }
    const bool known = !after_.endpoint_address.is_unspecified();
    facts_.push_back(fmt::format(
        "{}: endpoint {}", after_.stage == "pick_endpoint" ? "a new flow" : "a known flow",
        known
            ? fmt::format("{}, {}", after_.endpoint_address.to_string(after_.endpoint_port.host()),
                          name(after_.endpoint_state))
            : "that is no more"));
  }

  void add_rewrites() {
    if (after_.answered) return;
    const Headers& was = before_.headers;
    const Headers& is = after_.headers;
    add_rewrite("source", {was.source, was.source_port}, {is.source, is.source_port});
    add_rewrite("destination", {was.destination, was.destination_port},
                {is.destination, is.destination_port});
    if (was.ip_bytes != is.ip_bytes) {
      facts_.push_back(fmt::format("{} bytes become {}", was.ip_bytes, is.ip_bytes));
    }
  }

  struct Side {
    const IpAddress& address;
    be16 port;
  };
  void add_rewrite(std::string_view side, const Side& was, const Side& is) {
    if (was.address == is.address && was.port == is.port) return;
    facts_.push_back(fmt::format(
        "{} becomes {}", side,
        was.port == is.port ? is.address.to_string() : is.address.to_string(is.port.host())));
  }

  void add_answer() {
    if (after_.answered && !before_.answered) {
      facts_.push_back(fmt::format("its sender gets {}: {}", reply_text(after_.refusal.reply),
                                   packet_text(after_.headers)));
    }
    if (after_.stage == "answer" && after_.refused) {
      facts_.emplace_back("no reply: none may go to such a packet, or too many went out just now");
    }
  }

  void add_verdict() {
    const Outcome& outcome = after_.outcome;
    switch (outcome.verdict) {
      case Verdict::transmit:
        facts_.push_back("leaves on " + interface_name(outcome.target));
        break;
      case Verdict::twin:
        facts_.push_back("to the kernel, on the twin of " + interface_name(outcome.target));
        break;
      case Verdict::hand_off:
        facts_.push_back(fmt::format("worker {} owns it and goes on", outcome.target));
        break;
      case Verdict::hold:
        facts_.emplace_back(after_.stage == "next_hop" ? "waits for the address of its next hop"
                                                       : "waits for the rest of its datagram");
        break;
      case Verdict::drop: {
        const std::string_view why = meaning(outcome.drop);
        facts_.push_back(
            fmt::format("dropped: {}{}{}", name(outcome.drop), why.empty() ? "" : ": ", why));
        break;
      }
      default:
        break;
    }
  }

  const StageSight& before_;
  const StageSight& after_;
  const ExplainNames& names_;
  std::vector<std::string> facts_;
};

// Says nothing of the first `said` stages.
void add_stages(std::span<const StageSight> sights, std::size_t said, const ExplainNames& names,
                std::vector<Explanation::Stage>& stages) {
  StageSight before{};
  for (std::size_t i = 0; i < sights.size(); ++i) {
    const StageSight& after = sights[i];
    const bool over = before.outcome.verdict != Verdict::live;
    std::vector<std::string> facts = Facts(before, after, names).all(i == 0);
    before = after;
    if (i < said || (facts.empty() && over)) continue;
    if (facts.empty()) facts.emplace_back("goes on");
    stages.push_back({std::string(after.stage), fmt::format("{}", fmt::join(facts, "; "))});
  }
}

// How many stages it went through until it was handed off.
std::size_t said_of(std::span<const StageSight> handed_off) {
  std::size_t stages = 0;
  while (stages < handed_off.size() && handed_off[stages].outcome.verdict == Verdict::live)
    ++stages;
  return handed_off.empty() ? 0 : stages + 1;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::transmit:
      return "transmit";
    case Verdict::twin:
      return "twin";
    case Verdict::hand_off:
      return "hand_off";
    case Verdict::drop:
      return "drop";
    case Verdict::hold:
      return "hold";
    default:
      return "live";
  }
}

}  // namespace

std::string_view meaning(Drop drop) {
  switch (drop) {
    case Drop::vlan_foreign:
      return "it is not of the interface's VLAN";
    case Drop::mac_foreign:
      return "its MAC address is another station's";
    case Drop::no_listener:
      return "the address is ours, but nothing listens on this port";
    case Drop::transit:
      return "it is to no address of ours, and [gateway] transit = \"drop\"";
    case Drop::stopping:
      return "the gateway stops and takes no new flows";
    case Drop::flow_table_full:
      return "without an entry its replies could not be told apart";
    case Drop::nat_tuple_conflict:
      return "the client talks to every endpoint through another listener already";
    case Drop::no_endpoint:
      return "no endpoint of the cluster takes new flows";
    case Drop::endpoint_down:
      return "the flow's endpoint is down, and on_endpoint_down = \"reset\"";
    case Drop::ttl_expired:
      return "its TTL lets it go no further";
    case Drop::packet_too_big:
      return "it does not fit the way to the endpoint";
    case Drop::no_route:
      return "the kernel has no route to where it goes";
    case Drop::next_hop_unresolved:
      return "no neighbour answers for its next hop";
    default:
      return "";
  }
}

Explanation explain(std::span<const StageSight> handed_off, std::span<const StageSight> sights,
                    const ExplainNames& names) {
  Explanation explanation;
  add_stages(handed_off, 0, names, explanation.stages);
  // Its owner goes through the first stages again, to the same end.
  add_stages(sights, said_of(handed_off), names, explanation.stages);
  const StageSight& last = sights.back();
  explanation.verdict = verdict_name(last.outcome.verdict);
  const Drop drop = last.answered ? last.refusal.drop : last.outcome.drop;
  if (drop != Drop::none) explanation.drop = name(drop);
  if (last.outcome.verdict == Verdict::transmit && last.outcome.target < names.interfaces.size()) {
    explanation.leaves = names.interfaces[last.outcome.target];
  }
  return explanation;
}

}  // namespace weft::mgmt
