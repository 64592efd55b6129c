#include <algorithm>

#include "tests/fuzz/forwarding.h"

namespace weft::fuzz {
namespace {

constexpr int icmp = 1;
constexpr int icmpv6 = 58;

// Behind the ports, and but for the checksum; `shifted`: and but for TCP's numbers.
bool same_but_ends(const Seen& a, const Seen& b, bool shifted) {
  const auto clipped = [](std::span<const std::byte> bytes, std::size_t from, std::size_t to) {
    const std::size_t end = std::min(bytes.size(), to);
    return bytes.subspan(std::min(from, end), end - std::min(from, end));
  };
  const std::size_t checksum = a.d.protocol == 6 ? 16 : 6;
  const auto same = [&](std::size_t from, std::size_t to) {
    return std::ranges::equal(clipped(a.l4(), from, to), clipped(b.l4(), from, to));
  };
  return same(shifted ? 12 : 4, checksum) && same(checksum + 2, SIZE_MAX);
}

// What an error through nat must have in common with what came in, whichever way it goes.
// `numbers`: not null, of a connection whose two sides count differently.
std::string complaint_about_message(const Forwarding& f, const Seen& quoted, const Seen& rewritten,
                                    const Onlooker::Numbers* numbers) {
  const Decoded &in = f.in.d, &out = f.out.d;
  if (!out.sound()) return "an error that is not sound: " + out.faults.front();
  if (out.icmp_type != in.icmp_type || out.icmp_code != in.icmp_code ||
      out.icmp_rest != in.icmp_rest || out.payload.size() != in.payload.size()) {
    return "another error";
  }
  if (out.ttl != in.ttl - 1 || out.type_of_service != in.type_of_service ||
      out.identification != in.identification || out.ip_options != in.ip_options) {
    return "IP fields of an error";
  }
  const Decoded &q = quoted.d, &r = rewritten.d;
  if (!r.sound() && q.sound()) return "a quote that is not sound";
  if (r.protocol != q.protocol || r.ttl != q.ttl || r.identification != q.identification ||
      !same_but_ends(quoted, rewritten, numbers != nullptr)) {
    return "a quote of another packet";
  }
  if (numbers != nullptr && quoted.l4().size() >= 8 &&
      r.sequence != numbers->sequence.value_or(r.sequence)) {
    return "the sequence number of a quote";
  }
  if (numbers != nullptr && quoted.l4().size() >= 20 &&
      r.acknowledgment != numbers->acknowledgment.value_or(r.acknowledgment)) {
    return "the acknowledgement of a quote";
  }
  const std::size_t checksum_end = q.protocol == 6 ? 18 : 8;
  const bool none = q.protocol == 17 && q.l4_checksum == uint16_t{0};
  if (quoted.l4().size() >= checksum_end && !none && q.sound() &&
      covered_sum(quoted) != covered_sum(rewritten)) {
    return "damage of the quote was mended or made";
  }
  return leads_to(f.hop_mac, out.destination) ? "" : "an error on a wrong way";
}

// From the client's side, about an endpoint's answer, which left as the listener's.
std::string complaint_to_endpoint(const Service& service, const Forwarding& f, const Decoded& q,
                                  const Decoded& r) {
  const Decoded &in = f.in.d, &out = f.out.d;
  const auto* endpoint = endpoint_at(cluster_of(service), r.source, r.source_port);
  if (endpoint == nullptr || out.destination != r.source) return "an error to no endpoint";
  const bool fullnat = service.forward == Forward::fullnat;
  const bool same = r.destination == q.destination && r.destination_port == q.destination_port;
  if (!fullnat && !same) return "nat changed the client in a quote";
  const bool ours = is_in(source_prefix, r.destination) || is_in(source_prefix_v6, r.destination);
  if (fullnat && !ours) return "a fullnat quote without a source address";
  const bool of_client = in.source == q.destination;
  if (out.source != (of_client && fullnat ? r.destination : in.source)) return "an error's source";
  return {};
}

// From the endpoint's side, about a client's packet as nat had sent it.
std::string complaint_to_client(const Service& service, const Forwarding& f, const Decoded& q,
                                const Decoded& r, const Book& book) {
  const Decoded &in = f.in.d, &out = f.out.d;
  if (r.destination != service.address || r.destination_port != service.first_port) {
    return "a quote to no listener";
  }
  if (endpoint_at(cluster_of(service), q.destination, q.destination_port) == nullptr) {
    return "an error about what no endpoint got";
  }
  const bool same = r.source == q.source && r.source_port == q.source_port;
  const bool fullnat = service.forward == Forward::fullnat;
  if (fullnat ? !book.is_of(Ends::of(q), Ends::of(r)) : !same) return "an error to somebody else";
  if (out.destination != r.source) return "an error to whom it does not quote";
  const bool of_endpoint = in.source == q.destination;
  if (out.source != (of_endpoint ? r.destination : in.source)) return "an error's source";
  return {};
}

}  // namespace

bool is_icmp_error(const Decoded& d) {
  const int errors[] = {3, 4, 5, 11, 12};
  if (d.version == 6) return d.protocol == icmpv6 && d.icmp_type >= 0 && d.icmp_type < 128;
  return d.protocol == icmp && std::ranges::find(errors, d.icmp_type) != std::end(errors);
}

static bool says_too_big(const Decoded& d) {
  return d.version == 6 ? d.icmp_type == 2 : d.icmp_type == 3 && d.icmp_code == 4;
}

std::string complaint_about_error(const Forwarding& f, const Book& book, Onlooker& onlooker) {
  const Seen quoted(f.in.d.payload, true);
  Decoded as_if = quoted.d;
  std::swap(as_if.source, as_if.destination);
  std::swap(as_if.source_port, as_if.destination_port);
  std::string worst = "an error about nobody's packet";
  for (const Service* service : services_of(as_if, f.variant)) {
    if (is_nat(service->forward)) {
      const Seen rewritten(f.out.d.payload, true);
      const Ends client = Ends::of(quoted.d).reversed();
      const auto numbers = onlooker.of_endpoint_quoted(client, quoted.d, f.turn);
      const bool shifted = onlooker.watches(*service, client);
      worst = complaint_about_message(f, quoted, rewritten, shifted ? &numbers : nullptr);
      if (worst.empty()) worst = complaint_to_endpoint(*service, f, quoted.d, rewritten.d);
    } else {
      worst = service->forward == Forward::direct ? complaint_about_direct(*service, f)
                                                  : complaint_about_tunnel(*service, f);
    }
    if (worst.empty()) return {};
  }
  const Seen rewritten(f.out.d.payload, true);
  for (const Service& service : services()) {
    if (!is_nat(service.forward) || service.address != rewritten.d.destination) continue;
    const Ends client = Ends::of(rewritten.d);
    const auto numbers = onlooker.of_client_quoted(client, quoted.d, f.turn);
    const bool shifted = onlooker.watches(service, client);
    std::string about = complaint_about_message(f, quoted, rewritten, shifted ? &numbers : nullptr);
    if (about.empty()) about = complaint_to_client(service, f, quoted.d, rewritten.d, book);
    if (about.empty()) {
      if (says_too_big(f.in.d)) onlooker.saw_too_big(client, f.turn);
      return {};
    }
    worst = std::move(about);
  }
  return worst;
}

}  // namespace weft::fuzz
