#include <algorithm>
#include <array>

#include "tests/fuzz/forwarding.h"

namespace weft::fuzz {
namespace {

constexpr int gre = 47;
constexpr int udp = 17;

// An outer source address that the gateway may have.
bool is_tunnel_source(const std::string& address, bool source_addresses) {
  const bool v4 = is_v4(address);
  if (source_addresses) return is_in(v4 ? source_prefix : source_prefix_v6, address);
  return address == (v4 ? own_address : own_address_v6);
}

// The bytes between outer header and packet are the mode's own; `inside` is the rest.
std::string complaint_about_shim(Forward forward, const Seen& outer, bool inner_v4,
                                 std::span<const std::byte>& inside) {
  const auto payload = outer.l4();
  if (forward == Forward::ipip) {
    if (outer.d.protocol != (inner_v4 ? 4 : 41)) return "ipip's protocol number";
    inside = payload;
    return {};
  }
  if (forward == Forward::gre) {
    const std::array<std::byte, 4> header{std::byte{0}, std::byte{0},
                                          inner_v4 ? std::byte{8} : std::byte{0x86},
                                          inner_v4 ? std::byte{0} : std::byte{0xdd}};
    if (outer.d.protocol != gre || payload.size() < header.size() ||
        !std::ranges::equal(payload.first(header.size()), header)) {
      return "GRE header";
    }
    inside = payload.subspan(header.size());
    return {};
  }
  if (outer.d.protocol != udp || outer.d.destination_port != 6080 || payload.size() < 8) {
    return "GUE header";
  }
  if (outer.d.source_port < 0xc000) return "GUE's source port";
  if (outer.d.payload.size() + 8 != payload.size()) return "GUE's length";
  const bool none = outer.d.l4_checksum == uint16_t{0};
  if (none != (outer.d.version == 4)) return "GUE's checksum";
  inside = payload.subspan(8);
  return {};
}

std::string complaint_about_outer(const Seen& outer, const Seen& in, const Variant& variant) {
  const Decoded& d = outer.d;
  if (!d.sound()) return "outer header: " + d.faults.front();
  if (d.ttl != 64 || !d.dont_fragment || d.more_fragments || d.identification != 0 ||
      !d.ip_options.empty() || !d.extensions.empty() || d.fragment_offset_bytes != 0) {
    return "outer header";
  }
  if (d.type_of_service != in.d.type_of_service) return "outer type of service";
  if (!is_tunnel_source(d.source, variant.source_addresses)) return "outer source address";
  return {};
}

}  // namespace

uint32_t tunnel_bytes_of(Forward forward, bool outer_v4) {
  const uint32_t outer_bytes = outer_v4 ? 20 : 40;
  if (forward == Forward::ipip) return outer_bytes;
  if (forward == Forward::gre) return outer_bytes + 4;
  return forward == Forward::gue ? outer_bytes + 8 : 0;
}

std::string complaint_about_tunnel(const Service& service, const Forwarding& f) {
  const FuzzCluster& cluster = cluster_of(service);
  const Decoded& out = f.out.d;
  const auto endpoint =
      std::ranges::find(cluster.endpoints, out.destination, &test::TestEndpoint::address);
  if (endpoint == cluster.endpoints.end()) return "a tunnel to what is no endpoint";
  if (!leads_to(f.hop_mac, out.destination)) return "a tunnel on a wrong way";
  std::string about = complaint_about_outer(f.out, f.in, f.variant);
  if (!about.empty()) return about;
  std::span<const std::byte> inside;
  about = complaint_about_shim(service.forward, f.out, f.in.d.version == 4, inside);
  if (!about.empty()) return about;
  const Seen inner(inside);
  if (inner.bytes.size() != inside.size()) return "something behind the inner packet";
  const uint32_t around_bytes = tunnel_bytes_of(service.forward, out.version == 4);
  about = complaint_about(f.in, inner, {.mss_bytes_max = mss_bytes_max(service, f, around_bytes)});
  return about.empty() ? complaint_about_state(cluster, *endpoint, f) : about;
}

std::string complaint_about_direct(const Service& service, const Forwarding& f) {
  const FuzzCluster& cluster = cluster_of(service);
  const auto endpoint = std::ranges::find_if(cluster.endpoints, [&](const auto& candidate) {
    return mac_of(candidate.address) == f.hop_mac;
  });
  if (endpoint == cluster.endpoints.end()) return "direct to what is no endpoint";
  if (service.cluster == "far") return "direct behind a router";
  const std::string about =
      complaint_about(f.in, f.out, {.mss_bytes_max = mss_bytes_max(service, f, 0)});
  return about.empty() ? complaint_about_state(cluster, *endpoint, f) : about;
}

}  // namespace weft::fuzz
