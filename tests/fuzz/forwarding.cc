#include "tests/fuzz/forwarding.h"

#include <algorithm>

#include "tests/fuzz/shifted.h"

namespace weft::fuzz {
namespace {

constexpr int any_port = -1;

bool is_source_address(const std::string& address) {
  return is_in(source_prefix, address) || is_in(source_prefix_v6, address);
}

using Guess = Onlooker::Guess;

// As if this had come in, if that is what the onlooker thinks.
Forwarding as_if(const Forwarding& f, const Guess& guess) {
  Forwarding other = f;
  if (guess.as_if) other.in = Seen::in_frame(*guess.as_if);
  return other;
}

std::string complaint_about_segment(const Service& service, const Forwarding& f, const Ends& client,
                                    Changes changes, const Guess& guess) {
  if (guess.any_numbers) {
    return complaint_about_shifted(f.in, f.out, proxy_header(service.proxy, client));
  }
  changes.shift = guess.shift;
  return complaint_about(f.in, f.out, changes);
}

// Tries the guesses; what complains of none of them was right. `complain(guess)`.
template <class Complain>
std::string complaint_about_guesses(const std::vector<Guess>& guesses, const Ends& client,
                                    Onlooker& onlooker, Complain complain) {
  std::string worst = "nothing of that connection was to go on";
  for (const Guess& guess : guesses) {
    std::string about = complain(guess);
    if (about.empty()) {
      onlooker.saw(client, guess);
      return {};
    }
    if (&guess == &guesses.front()) worst = std::move(about);
  }
  return worst;
}

// To an endpoint by nat or fullnat.
std::string complaint_about_nat(const Service& service, const Forwarding& f, const Book& book,
                                const Guess& guess) {
  const Decoded &in = f.in.d, &out = f.out.d;
  const bool piece = f.in.later_piece();
  const FuzzCluster& cluster = cluster_of(service);
  const auto* endpoint =
      endpoint_at(cluster, out.destination, piece ? any_port : out.destination_port);
  if (endpoint == nullptr) return "nat to what is no endpoint of the listener's";
  Changes changes{.ends = true, .mss_bytes_max = mss_bytes_max(service, f, 0)};
  if (service.forward == Forward::nat) {
    if (out.source != in.source || out.source_port != in.source_port) return "nat's source changed";
  } else {
    if (!is_source_address(out.source)) return "fullnat from what is no source address";
    if (!piece && out.source_port < 1024) return "fullnat from a low port";
    changes.may_add_client = f.variant.toa && f.in.tcp() && !is_proxy(service.proxy);
    const std::size_t option_bytes = in.version == 4 ? 8 : 20;
    changes.must_add_client = changes.may_add_client && in.flags == 2 && !book.seen(Ends::of(in)) &&
                              in.ip_bytes + option_bytes <= f.variant.mtu_bytes;
  }
  if (!leads_to(f.hop_mac, out.destination)) return "nat on a wrong way";
  const std::string about = complaint_about_segment(service, f, Ends::of(in), changes, guess);
  return about.empty() ? complaint_about_state(cluster, *endpoint, f) : about;
}

std::string complaint_to_endpoint(const Service& service, const Forwarding& f, const Book& book,
                                  Onlooker& onlooker) {
  const Ends client = Ends::of(f.in.d);
  if (is_nat(service.forward) && f.in.tcp() && onlooker.watches(service, client)) {
    const auto guesses = onlooker.of_client(service, f.in, f.out, f.turn, f.variant.mtu_bytes);
    return complaint_about_guesses(guesses, client, onlooker, [&](const Guess& guess) {
      return complaint_about_nat(service, as_if(f, guess), book, guess);
    });
  }
  if (is_nat(service.forward)) return complaint_about_nat(service, f, book, {});
  return service.forward == Forward::direct ? complaint_about_direct(service, f)
                                            : complaint_about_tunnel(service, f);
}

// An endpoint's answer through this service.
std::string complaint_to_client(const Service& service, const Forwarding& f, const Book& book,
                                Onlooker& onlooker) {
  const Decoded &in = f.in.d, &out = f.out.d;
  const bool piece = f.in.later_piece();
  const auto* endpoint =
      endpoint_at(cluster_of(service), in.source, piece ? any_port : in.source_port);
  if (endpoint == nullptr) return "an answer of what is no endpoint";
  if (service.forward == Forward::nat) {
    if (out.destination != in.destination || out.destination_port != in.destination_port) {
      return "nat's answer to somebody else";
    }
  } else {
    if (!is_source_address(in.destination)) return "an answer to no source address";
    const bool known = piece || book.is_of(Ends::of(in).reversed(), Ends::of(out).reversed());
    if (!known) return "fullnat's answer to somebody else";
  }
  if (!leads_to(f.hop_mac, out.destination)) return "an answer on a wrong way";
  const Changes changes{.ends = true, .mss_bytes_max = mss_bytes_max(service, f, 0)};
  const Ends client = Ends::of(out).reversed();
  if (!f.in.tcp() || !onlooker.watches(service, client)) {
    return complaint_about(f.in, f.out, changes);
  }
  const auto guesses = onlooker.of_endpoint(service, client, f.in, f.turn);
  return complaint_about_guesses(guesses, client, onlooker, [&](const Guess& guess) {
    return complaint_about_segment(service, f, client, changes, guess);
  });
}

// What went to the endpoint in place of its own segment, while its handshake is the gateway's.
std::string complaint_about_handshake(const Forwarding& f, const Book& book, Onlooker& onlooker) {
  const auto client = book.client_of(Ends::of(f.out.d));
  const auto services = client ? services_of(*client, Variant(0)) : std::vector<const Service*>();
  if (services.empty()) return "an endpoint's segment came back to it";
  if (!f.in.d.sound()) return "the gateway believed a damaged segment";
  const Service& service = *services.front();
  const auto guesses = onlooker.turned(*client, f.in, f.turn);
  return complaint_about_guesses(guesses, *client, onlooker, [&](const Guess& guess) {
    if (guess.any_numbers) {
      return complaint_about_turned(f.out, proxy_header(service.proxy, *client));
    }
    Forwarding made = as_if(f, guess);
    made.takes = nullptr;  // it is the endpoint's own
    return complaint_about_nat(service, made, book, guess);
  });
}

std::string complaint_to_any_client(const Forwarding& f, const Book& book, Onlooker& onlooker) {
  std::string worst = "an answer from what is no listener";
  for (const Service& service : services()) {
    const bool from = service.address == f.out.d.source && is_nat(service.forward) &&
                      (f.in.later_piece() || service.first_port == f.out.d.source_port);
    if (!from) continue;
    std::string about = complaint_to_client(service, f, book, onlooker);
    if (about.empty()) return {};
    worst = std::move(about);
  }
  return worst;
}

}  // namespace

Forwarding::Forwarding(const Bytes& frame, const Bytes& bytes, const Variant& with)
    : out_frame(bytes),
      in(Seen::in_frame(frame)),
      out(Seen::in_frame(out_frame)),
      hop_mac(test::decode(out_frame).destination_mac),
      variant(with) {}

std::string complaint_about_state(const FuzzCluster& cluster, const test::TestEndpoint& endpoint,
                                  const Forwarding& f) {
  if (!f.takes || is_icmp_error(f.in.d) || f.takes(cluster, endpoint)) return {};
  return "sent to an endpoint that is down";
}

uint32_t mss_bytes_max(const Service& service, const Forwarding& f, uint32_t around_bytes) {
  if (service.mss_clamp_bytes != mss_clamp_auto) return service.mss_clamp_bytes;
  return f.variant.mtu_bytes - (f.in.d.version == 4 ? 40 : 60) - around_bytes;
}

const test::TestEndpoint* endpoint_at(const FuzzCluster& cluster, const std::string& address,
                                      int port) {
  const auto found = std::ranges::find_if(cluster.endpoints, [&](const auto& endpoint) {
    return endpoint.address == address && (port == any_port || endpoint.port == port);
  });
  return found == cluster.endpoints.end() ? nullptr : &*found;
}

bool leads_to(const std::string& mac, const std::string& address) {
  const bool v4 = is_v4(address);
  if (mac == mac_of(address)) return true;
  const bool behind = is_in(v4 ? "192.0.2.0/24" : "2001:db8::/32", address);
  return behind && mac == mac_of(v4 ? "10.0.0.1" : "fd00::1");
}

std::vector<const Service*> services_of(const Ends& ends, const Variant& variant,
                                        bool of_any_port) {
  std::vector<const Service*> found;
  for (const Service& service : services()) {
    if (service.goes && variant.smaller) continue;
    const bool here = service.prefix.empty() ? service.address == ends.destination
                                             : is_in(service.prefix, ends.destination);
    const bool port = ends.protocol == static_cast<int>(service.protocol) &&
                      service.first_port <= ends.destination_port &&
                      ends.destination_port <= service.last_port;
    if (here && (port || of_any_port)) found.push_back(&service);
  }
  return found;
}

std::vector<const Service*> services_of(const Decoded& in, const Variant& variant) {
  return services_of(Ends::of(in), variant, in.fragment_offset_bytes != 0);
}

std::string complaint_about(const Forwarding& f, Book& book, Onlooker& onlooker) {
  const std::size_t frame_bytes = test::decode(f.out_frame).ip_offset + f.out.bytes.size();
  if (!f.in_segments && frame_bytes != f.out_frame.size()) {
    return "forwarded with a tail";
  }
  if (f.out.d.ip_bytes > f.variant.mtu_bytes) return "forwarded what is too big";
  if (is_icmp_error(f.in.d)) return complaint_about_error(f, book, onlooker);
  const auto candidates = services_of(f.in.d, f.variant);
  const bool turned = f.in.tcp() && Ends::of(f.out.d) == Ends::of(f.in.d).reversed();
  if (candidates.empty() && turned) return complaint_about_handshake(f, book, onlooker);
  if (candidates.empty()) return complaint_to_any_client(f, book, onlooker);
  std::string worst;
  for (const Service* service : candidates) {
    worst = complaint_to_endpoint(*service, f, book, onlooker);
    if (!worst.empty()) continue;
    if (!f.in.later_piece()) {
      book.saw(Ends::of(f.in.d));
      book.sent(Ends::of(f.in.d), Ends::of(f.out.d));
    }
    return {};
  }
  return worst;
}

}  // namespace weft::fuzz
