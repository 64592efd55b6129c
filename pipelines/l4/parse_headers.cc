#include "pipelines/l4/parse_headers.h"

#include <immintrin.h>
#include <rte_prefetch.h>

#include <algorithm>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/wire/udp.h"
#include "dataplane/wire/vlan.h"
#include "pipelines/l4/parse_any.h"

namespace weft {
namespace {

// What the first 32 bytes of a plain frame must be, and which of their bits must be so: the MAC
// address or at least its group bit, the VLAN tag, the EtherType, the version; of IPv4 also the IHL
// and no fragment.
struct PlainFrame {
  alignas(32) std::array<uint8_t, 32> bytes{};
  alignas(32) std::array<uint8_t, 32> mask{};

  void want(uint32_t offset, uint16_t value, uint16_t bits) {
    store(reinterpret_cast<std::byte*>(&bytes[offset]), be16(value));
    store(reinterpret_cast<std::byte*>(&mask[offset]), be16(bits));
  }
};

PlainFrame plain_link(const LinkFilter& link) {
  PlainFrame frame;
  frame.mask[0] = 1;
  if (link.mac) {
    std::copy(link.mac->begin(), link.mac->end(), frame.bytes.begin());
    std::fill_n(frame.mask.begin(), link.mac->size(), uint8_t{0xff});
  }
  if (link.vlan_id) {
    frame.want(12, ether_type::vlan, 0xffff);
    frame.want(14, *link.vlan_id, VlanView::id_mask);
  }
  return frame;
}

PlainFrame plain_ipv4(const LinkFilter& link, uint32_t ip_offset) {
  PlainFrame frame = plain_link(link);
  frame.want(ip_offset - 2, ether_type::ipv4, 0xffff);
  frame.want(ip_offset, Ipv4View::plain_version_ihl << 8, 0xff00);
  frame.want(ip_offset + 6, 0, static_cast<uint16_t>(~Ipv4View::dont_fragment_flag));
  return frame;
}

PlainFrame plain_ipv6(const LinkFilter& link, uint32_t ip_offset) {
  PlainFrame frame = plain_link(link);
  frame.want(ip_offset - 2, ether_type::ipv6, 0xffff);
  frame.want(ip_offset, 6 << 12, 0xf000);
  return frame;
}

// What the device says that needs a closer look.
constexpr uint64_t device_doubts = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED |
                                   RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD;

// From 0 or 127, or from 224 on.
bool unusual_source(uint32_t raw_source) {
  const uint32_t top = raw_source & 0xff;  // the first byte on the wire
  return top - 1 >= 223 || top == 127;
}
bool has_zero_half(uint32_t words) {
  return ((words - 0x00010001) & ~words & 0x80008000) != 0;
}

// `l4`: the TCP header; `bytes`: what the IP packet has for it.
bool sound_tcp(const std::byte* l4, uint32_t bytes) {
  const uint32_t header_bytes = std::to_integer<uint32_t>(l4[12]) >> 4 << 2;
  return header_bytes >= TcpView::header_bytes_min && header_bytes <= bytes &&
         tcp_flags_valid(std::to_integer<uint8_t>(l4[13]));
}
bool sound_udp(const std::byte* l4, uint32_t bytes) {
  const uint32_t udp_bytes = load<be16>(l4 + 4).host();
  return udp_bytes >= UdpView::header_bytes && udp_bytes <= bytes;
}

static_assert(offsetof(Headers, source) == 0 && offsetof(Headers, destination) == 16 &&
              offsetof(Headers, source_port) == 32 && offsetof(Headers, ip_offset) == 36 &&
              offsetof(Headers, protocol) == 42 && offsetof(Headers, payload) == 43 &&
              offsetof(Headers, ttl) == 45 && offsetof(Headers, v4) == 46 &&
              offsetof(Headers, datagram_id) == 48 && offsetof(Headers, quoted_offset) == 52);

// Writes the headers of a plain IPv4 packet in wide stores: shuffles of the 16 bytes that lie
// between TTL and destination port, and what is the same for all.
template <uint32_t ip_offset>
[[gnu::always_inline]] inline void write_ipv4(const std::byte* ip, uint32_t total_bytes,
                                              uint8_t tcp_flags, Headers& headers) {
  constexpr char no = -1;  // a zero byte
  constexpr uint32_t offsets = (ip_offset + Ipv4View::header_bytes_min) << 16 | ip_offset;
  constexpr uint32_t kind = static_cast<uint32_t>(Payload::transport) << 24;
  // ttl protocol checksum source(4..7) destination(8..11) ports(12..15)
  const auto wire = load<__m128i>(ip + 8);
  const __m128i source = _mm_setr_epi8(no, no, no, no, no, no, no, no, no, no, no, no, 4, 5, 6, 7);
  const __m128i destination =
      _mm_setr_epi8(no, no, no, no, no, no, no, no, no, no, no, no, 8, 9, 10, 11);
  const __m128i rest = _mm_setr_epi8(12, 13, 14, 15, no, no, no, no, no, no, 1, no, no, 0, no, no);
  const __m128i mapped = _mm_setr_epi32(0, 0, static_cast<int>(be32(0xffff).raw), 0);
  const __m128i fixed = _mm_setr_epi32(0, offsets, kind, 1 << 16);
  auto* to = reinterpret_cast<std::byte*>(&headers);
  store(to, _mm_or_si128(_mm_shuffle_epi8(wire, source), mapped));
  store(to + 16, _mm_or_si128(_mm_shuffle_epi8(wire, destination), mapped));
  store(to + 32, _mm_or_si128(_mm_shuffle_epi8(wire, rest), fixed));
  store(to + 48, uint64_t{0});
  headers.ip_bytes = static_cast<uint16_t>(total_bytes);
  headers.tcp_flags = tcp_flags;
  headers.dont_fragment = load<uint16_t>(ip + 6) != 0;
}

// The common packet: IPv4 without options or fragments, TCP or UDP, from an unsuspicious source, in
// one segment. Says false if it is not that. No branch is taken.
template <uint32_t ip_offset>
[[gnu::always_inline]] inline bool parse_ipv4(const rte_mbuf& buffer, __m256i want, __m256i mask,
                                              Headers& headers) {
  // Up to the TCP flags; shorter UDP frames are rare.
  constexpr uint32_t frame_bytes_min = ip_offset + Ipv4View::header_bytes_min + 14;
  constexpr uint32_t packet_bytes_min = Ipv4View::header_bytes_min + UdpView::header_bytes;
  const uint32_t linear_bytes = buffer.data_len;
  if (linear_bytes < frame_bytes_min) return false;
  const auto* frame = rte_pktmbuf_mtod(&buffer, const std::byte*);
  if (_mm256_testz_si256(_mm256_xor_si256(load<__m256i>(frame), want), mask) == 0) return false;

  const std::byte* ip = frame + ip_offset;
  const std::byte* l4 = ip + Ipv4View::header_bytes_min;
  const uint32_t total_bytes = load<be16>(ip + 2).host();
  if (ip_offset + total_bytes > linear_bytes || total_bytes < packet_bytes_min) {
    return false;
  }
  const auto source = load<uint32_t>(ip + 12);
  if (unusual_source(source) || source == load<uint32_t>(ip + 16)) return false;
  if (has_zero_half(load<uint32_t>(l4))) return false;
  if ((buffer.ol_flags & device_doubts) != 0) return false;
  if ((buffer.ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD) == 0 && !plain_ipv4_header_verifies(ip)) {
    return false;
  }
  const auto protocol = static_cast<Protocol>(ip[9]);
  const uint32_t l4_bytes = total_bytes - Ipv4View::header_bytes_min;
  if (protocol == Protocol::tcp) {
    if (!sound_tcp(l4, l4_bytes)) return false;
    write_ipv4<ip_offset>(ip, total_bytes, std::to_integer<uint8_t>(l4[13]), headers);
    return true;
  }
  if (protocol != Protocol::udp || !sound_udp(l4, l4_bytes)) return false;
  write_ipv4<ip_offset>(ip, total_bytes, 0, headers);
  return true;
}

// The same of a plain IPv6 packet.
template <uint32_t ip_offset>
[[gnu::always_inline]] inline void write_ipv6(const std::byte* ip, uint32_t total_bytes,
                                              uint8_t tcp_flags, Headers& headers) {
  constexpr uint64_t offsets = (ip_offset + Ipv6View::header_bytes) << 16 | ip_offset;
  constexpr uint64_t kind = uint64_t{static_cast<uint8_t>(Payload::transport)} << 24;
  constexpr uint64_t dont_fragment = uint64_t{1} << 56;
  const uint64_t protocol_and_ttl = load<uint16_t>(ip + 6);
  const uint64_t ports = load<uint32_t>(ip + Ipv6View::header_bytes);
  const uint64_t rest = total_bytes | (protocol_and_ttl & 0xff) << 16 | kind |
                        uint64_t{tcp_flags} << 32 | protocol_and_ttl >> 8 << 40 | dont_fragment;
  auto* to = reinterpret_cast<std::byte*>(&headers);
  store(to, load<__m128i>(ip + 8));
  store(to + 16, load<__m128i>(ip + 24));
  store(to + 32,
        _mm_set_epi64x(static_cast<int64_t>(rest), static_cast<int64_t>(offsets << 32 | ports)));
  store(to + 48, uint64_t{0});
}

// A multicast source, or one whose upper half is zero as that of every other source that may not
// be is (loopback, mapped); and who sends to such a destination.
bool unusual_ends(const std::byte* ip) {
  const auto source = load<uint64_t>(ip + 8);
  const bool same =
      source == load<uint64_t>(ip + 24) && load<uint64_t>(ip + 16) == load<uint64_t>(ip + 32);
  return (source & 0xff) == 0xff || source == 0 || load<uint64_t>(ip + 24) == 0 || same;
}

// As parse_ipv4: IPv6 without extension headers.
template <uint32_t ip_offset>
[[gnu::always_inline]] inline bool parse_ipv6(const rte_mbuf& buffer, __m256i want, __m256i mask,
                                              Headers& headers) {
  constexpr uint32_t packet_bytes_min = Ipv6View::header_bytes + UdpView::header_bytes;
  const uint32_t linear_bytes = buffer.data_len;
  if (linear_bytes < ip_offset + packet_bytes_min) return false;
  const auto* frame = rte_pktmbuf_mtod(&buffer, const std::byte*);
  if (_mm256_testz_si256(_mm256_xor_si256(load<__m256i>(frame), want), mask) == 0) return false;

  const std::byte* ip = frame + ip_offset;
  const std::byte* l4 = ip + Ipv6View::header_bytes;
  const uint32_t l4_bytes = load<be16>(ip + 4).host();
  const uint32_t total_bytes = Ipv6View::header_bytes + l4_bytes;
  if (ip_offset + total_bytes > linear_bytes || total_bytes < packet_bytes_min) return false;
  if (unusual_ends(ip) || has_zero_half(load<uint32_t>(l4))) return false;
  if ((buffer.ol_flags & device_doubts) != 0) return false;
  const auto protocol = static_cast<Protocol>(ip[6]);
  if (protocol == Protocol::tcp) {
    if (l4_bytes < TcpView::header_bytes_min || !sound_tcp(l4, l4_bytes)) return false;
    write_ipv6<ip_offset>(ip, total_bytes, std::to_integer<uint8_t>(l4[13]), headers);
    return true;
  }
  if (protocol != Protocol::udp || !sound_udp(l4, l4_bytes)) return false;
  write_ipv6<ip_offset>(ip, total_bytes, 0, headers);
  return true;
}

[[gnu::noinline]] void parse_unusual(Burst& burst, uint32_t i, const LinkFilter& link) {
  const Drop drop = parse_any(burst.packets[i], link, burst.headers[i]);
  if (drop != Drop::none) return burst.drop(i, drop);
  const Payload payload = burst.headers[i].payload;
  burst.fragments |= uint32_t{is_fragment(payload)} << i;
  const bool icmp = payload == Payload::icmp_error || payload == Payload::icmp_echo;
  burst.icmp |= uint32_t{icmp} << i;
}

// What is not plain IPv4. Out of line, so that the loop over that keeps its registers.
template <uint32_t ip_offset>
[[gnu::noinline]] void parse_beside_ipv4(Burst& burst, uint32_t i, const PlainFrame& plain,
                                         const LinkFilter& link) {
  const auto want = load<__m256i>(reinterpret_cast<const std::byte*>(plain.bytes.data()));
  const auto mask = load<__m256i>(reinterpret_cast<const std::byte*>(plain.mask.data()));
  if (!parse_ipv6<ip_offset>(*burst.packets[i].buffer(), want, mask, burst.headers[i]))
      [[unlikely]] {
    parse_unusual(burst, i, link);
  }
}

template <uint32_t ip_offset>
void parse_burst(Burst& burst, const LinkFilter& link) {
  const PlainFrame plain = plain_ipv4(link, ip_offset);
  const PlainFrame plain6 = plain_ipv6(link, ip_offset);
  const auto want = load<__m256i>(reinterpret_cast<const std::byte*>(plain.bytes.data()));
  const auto mask = load<__m256i>(reinterpret_cast<const std::byte*>(plain.mask.data()));
  for (uint32_t i = 0; i < burst.size; ++i) {
    if (!parse_ipv4<ip_offset>(*burst.packets[i].buffer(), want, mask, burst.headers[i]))
        [[unlikely]] {
      parse_beside_ipv4<ip_offset>(burst, i, plain6, link);
    }
  }
}

}  // namespace

void parse_headers(Burst& burst, const LinkFilter& link) {
  for (uint32_t i = 0; i < burst.size; ++i) rte_prefetch0(burst.packets[i].data());
  if (link.vlan_id) {
    parse_burst<EthernetView::header_bytes + VlanView::header_bytes>(burst, link);
  } else {
    parse_burst<EthernetView::header_bytes>(burst, link);
  }
}

}  // namespace weft
