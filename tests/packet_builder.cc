#include "tests/packet_builder.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "dataplane/base/check.h"

namespace weft::test {
namespace {

void put8(Bytes& out, uint32_t value) {
  out.push_back(static_cast<std::byte>(value));
}
void put16(Bytes& out, uint32_t value) {
  put8(out, value >> 8);
  put8(out, value);
}
void put32(Bytes& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value);
}
void put(Bytes& out, const auto& bytes) {
  for (auto byte : bytes) put8(out, static_cast<uint32_t>(byte));
}
void set16(Bytes& out, std::size_t at, uint32_t value) {
  out[at] = static_cast<std::byte>(value >> 8);
  out[at + 1] = static_cast<std::byte>(value);
}

// The definition, byte by byte.
uint16_t checksum(const Bytes& data) {
  uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    sum += static_cast<uint32_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

std::array<uint8_t, 6> mac_of(std::string_view text) {
  std::array<uint8_t, 6> mac{};
  CHECK(text.size() == 3 * mac.size() - 1);
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* digits = text.data() + 3 * i;
    CHECK(std::from_chars(digits, digits + 2, mac[i], 16).ptr == digits + 2);
  }
  return mac;
}

Bytes address_of(std::string_view text, int family) {
  Bytes bytes(family == AF_INET ? 4 : 16);
  CHECK(inet_pton(family, std::string(text).c_str(), bytes.data()) == 1);
  return bytes;
}

std::size_t padding(std::size_t size) {
  return (4 - size % 4) % 4;
}

}  // namespace

Bytes to_bytes(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

FrameBuilder& FrameBuilder::to(std::string_view mac) {
  destination_mac_ = mac_of(mac);
  return *this;
}
FrameBuilder& FrameBuilder::from(std::string_view mac) {
  source_mac_ = mac_of(mac);
  return *this;
}
FrameBuilder& FrameBuilder::vlan(uint16_t id, uint16_t tag_type) {
  tags_.emplace_back(tag_type, id);
  return *this;
}
FrameBuilder& FrameBuilder::ether_type(uint16_t value) {
  ether_type_ = value;
  return *this;
}

FrameBuilder& FrameBuilder::ipv4(std::string_view source, std::string_view destination) {
  l3_ = L3::ipv4;
  source_ = address_of(source, AF_INET);
  destination_ = address_of(destination, AF_INET);
  return *this;
}
FrameBuilder& FrameBuilder::ipv6(std::string_view source, std::string_view destination) {
  l3_ = L3::ipv6;
  source_ = address_of(source, AF_INET6);
  destination_ = address_of(destination, AF_INET6);
  return *this;
}
FrameBuilder& FrameBuilder::ttl(uint8_t value) {
  ttl_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::type_of_service(uint8_t value) {
  type_of_service_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::protocol(uint8_t value) {
  protocol_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::version(uint8_t value) {
  version_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::header_words(uint8_t value) {
  header_words_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::total_length(uint16_t value) {
  ip_length_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::payload_length(uint16_t value) {
  ip_length_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::identification(uint32_t value) {
  identification_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::dont_fragment() {
  fragment_word_ |= 0x4000;
  return *this;
}
FrameBuilder& FrameBuilder::reserved_flag() {
  fragment_word_ |= 0x8000;
  return *this;
}
FrameBuilder& FrameBuilder::fragment(uint16_t offset_bytes, bool more) {
  fragment_word_ = static_cast<uint16_t>(offset_bytes / 8 | (more ? 0x2000 : 0));
  if (l3_ == L3::ipv6) extensions_.emplace_back(uint8_t{IPPROTO_FRAGMENT}, Bytes{});
  return *this;
}
FrameBuilder& FrameBuilder::extension(uint8_t type, std::vector<uint8_t> body) {
  // In units of 8 bytes without the first, of AH in units of 4 without two.
  const std::size_t whole = (body.size() + 2 + 7) / 8 * 8;
  Bytes bytes;
  put8(bytes, static_cast<uint32_t>(type == IPPROTO_AH ? whole / 4 - 2 : whole / 8 - 1));
  put(bytes, body);
  bytes.resize(whole - 1);
  extensions_.emplace_back(type, std::move(bytes));
  return *this;
}
FrameBuilder& FrameBuilder::ip_options(std::vector<uint8_t> options) {
  ip_options_ = std::move(options);
  ip_options_.resize(ip_options_.size() + padding(ip_options_.size()));
  return *this;
}
FrameBuilder& FrameBuilder::ip_checksum(uint16_t value) {
  ip_checksum_ = value;
  return *this;
}

FrameBuilder& FrameBuilder::tcp(uint16_t source_port, uint16_t destination_port, uint8_t flags) {
  l4_ = L4::tcp;
  source_port_ = source_port;
  destination_port_ = destination_port;
  flags_ = flags;
  return *this;
}
FrameBuilder& FrameBuilder::sequence(uint32_t value) {
  sequence_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::acknowledgment(uint32_t value) {
  acknowledgment_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::window(uint16_t value) {
  window_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::data_offset(uint8_t words) {
  data_offset_ = words;
  return *this;
}
FrameBuilder& FrameBuilder::tcp_options(std::vector<uint8_t> options) {
  tcp_options_ = std::move(options);
  tcp_options_.resize(tcp_options_.size() + padding(tcp_options_.size()));
  return *this;
}
FrameBuilder& FrameBuilder::udp(uint16_t source_port, uint16_t destination_port) {
  l4_ = L4::udp;
  source_port_ = source_port;
  destination_port_ = destination_port;
  return *this;
}
FrameBuilder& FrameBuilder::udp_length(uint16_t value) {
  udp_length_ = value;
  return *this;
}
FrameBuilder& FrameBuilder::icmp(uint8_t type, uint8_t code, uint32_t rest) {
  l4_ = L4::icmp;
  icmp_type_ = type;
  icmp_code_ = code;
  icmp_rest_ = rest;
  return *this;
}
FrameBuilder& FrameBuilder::l4_checksum(uint16_t value) {
  l4_checksum_ = value;
  return *this;
}

FrameBuilder& FrameBuilder::payload(std::string_view text) {
  return payload(to_bytes(text));
}
FrameBuilder& FrameBuilder::payload(Bytes bytes) {
  payload_ = std::move(bytes);
  return *this;
}
FrameBuilder& FrameBuilder::payload_bytes(std::size_t count) {
  payload_.resize(count);
  for (std::size_t i = 0; i < count; ++i) payload_[i] = static_cast<std::byte>(i * 7 + 1);
  return *this;
}
FrameBuilder& FrameBuilder::pad_to(std::size_t frame_bytes) {
  pad_to_ = frame_bytes;
  return *this;
}
FrameBuilder& FrameBuilder::truncate(std::size_t frame_bytes) {
  truncate_ = frame_bytes;
  return *this;
}
FrameBuilder& FrameBuilder::set_byte(std::size_t offset, uint8_t value) {
  patches_.emplace_back(offset, value);
  return *this;
}

uint8_t FrameBuilder::protocol_number() const {
  if (protocol_) return *protocol_;
  switch (l4_) {
    case L4::tcp:
      return IPPROTO_TCP;
    case L4::udp:
      return IPPROTO_UDP;
    case L4::icmp:
      return l3_ == L3::ipv6 ? uint8_t{IPPROTO_ICMPV6} : uint8_t{IPPROTO_ICMP};
    case L4::none:
      return 253;  // for experiments (RFC 3692)
  }
  return 253;
}

uint16_t FrameBuilder::computed_l4_checksum(const Bytes& l4) const {
  Bytes covered;
  if (l4_ != L4::icmp || l3_ == L3::ipv6) {
    put(covered, source_);
    put(covered, destination_);
    put32(covered, static_cast<uint32_t>(l4.size()));
    put32(covered, protocol_number());
  }
  put(covered, l4);
  const uint16_t sum = checksum(covered);
  return l4_ == L4::udp && sum == 0 ? 0xffff : sum;
}

void FrameBuilder::append_tcp(Bytes& out) const {
  const auto words = static_cast<uint8_t>(5 + tcp_options_.size() / 4);
  put16(out, source_port_);
  put16(out, destination_port_);
  put32(out, sequence_);
  put32(out, acknowledgment_);
  put8(out, uint32_t{data_offset_.value_or(words)} << 4);
  put8(out, flags_);
  put16(out, window_);
  put32(out, 0);  // checksum, urgent pointer
  put(out, tcp_options_);
}

Bytes FrameBuilder::l4_bytes() const {
  Bytes out;
  std::size_t checksum_at = 0;
  if (l4_ == L4::tcp) {
    append_tcp(out);
    checksum_at = 16;
  } else if (l4_ == L4::udp) {
    put16(out, source_port_);
    put16(out, destination_port_);
    put16(out, udp_length_.value_or(static_cast<uint16_t>(8 + payload_.size())));
    put16(out, 0);
    checksum_at = 6;
  } else if (l4_ == L4::icmp) {
    put8(out, icmp_type_);
    put8(out, icmp_code_);
    put16(out, 0);
    put32(out, icmp_rest_);
    checksum_at = 2;
  }
  put(out, payload_);
  if (l4_ != L4::none) {
    set16(out, checksum_at, l4_checksum_.value_or(computed_l4_checksum(out)));
  }
  return out;
}

void FrameBuilder::append_ipv4(Bytes& out, std::size_t ip_payload_bytes) const {
  Bytes header;
  const std::size_t header_bytes = 20 + ip_options_.size();
  put8(header, uint32_t{version_.value_or(4)} << 4 |
                   header_words_.value_or(static_cast<uint8_t>(header_bytes / 4)));
  put8(header, type_of_service_);
  put16(header, ip_length_.value_or(static_cast<uint16_t>(header_bytes + ip_payload_bytes)));
  put16(header, identification_);
  put16(header, fragment_word_);
  put8(header, ttl_);
  put8(header, protocol_number());
  put16(header, 0);
  put(header, source_);
  put(header, destination_);
  put(header, ip_options_);
  set16(header, 10, ip_checksum_.value_or(checksum(header)));
  put(out, header);
}

void FrameBuilder::append_extensions(Bytes& out) const {
  for (std::size_t i = 0; i < extensions_.size(); ++i) {
    const bool last = i + 1 == extensions_.size();
    put8(out, last ? protocol_number() : extensions_[i + 1].first);
    put(out, extensions_[i].second);
    if (extensions_[i].first != IPPROTO_FRAGMENT) continue;
    put8(out, 0);
    put16(out, uint32_t{fragment_word_} << 3 | fragment_word_ >> 13);
    put32(out, identification_);
  }
}

void FrameBuilder::append_ipv6(Bytes& out, std::size_t ip_payload_bytes) const {
  put8(out, uint32_t{version_.value_or(6)} << 4 | type_of_service_ >> 4);
  put8(out, uint32_t{type_of_service_} << 4);
  put16(out, 0);  // flow label
  Bytes extensions;
  append_extensions(extensions);
  put16(out, ip_length_.value_or(static_cast<uint16_t>(extensions.size() + ip_payload_bytes)));
  put8(out, extensions_.empty() ? protocol_number() : extensions_[0].first);
  put8(out, ttl_);
  put(out, source_);
  put(out, destination_);
  put(out, extensions);
}

Bytes FrameBuilder::build_ip() const {
  const Bytes l4 = l4_bytes();
  Bytes out;
  if (l3_ == L3::ipv4) append_ipv4(out, l4.size());
  if (l3_ == L3::ipv6) append_ipv6(out, l4.size());
  put(out, l4);
  return out;
}

std::vector<Bytes> FrameBuilder::build_pieces(std::size_t piece_bytes) const {
  CHECK(piece_bytes % 8 == 0);
  const Bytes l4 = l4_bytes();
  std::vector<Bytes> pieces;
  for (std::size_t at = 0; at < l4.size(); at += piece_bytes) {
    const std::size_t end = std::min(at + piece_bytes, l4.size());
    FrameBuilder piece = *this;
    piece.protocol_ = protocol_number();
    piece.l4_ = L4::none;
    piece.payload_ = Bytes(l4.begin() + static_cast<long>(at), l4.begin() + static_cast<long>(end));
    pieces.push_back(piece.fragment(static_cast<uint16_t>(at), end != l4.size()).build());
  }
  return pieces;
}

Bytes FrameBuilder::build() const {
  Bytes out;
  put(out, destination_mac_);
  put(out, source_mac_);
  for (const auto& [type, id] : tags_) {
    put16(out, type);
    put16(out, id);
  }
  const uint16_t of_payload = l3_ == L3::ipv4 ? 0x0800 : l3_ == L3::ipv6 ? 0x86dd : 0x0806;
  put16(out, ether_type_.value_or(of_payload));
  put(out, build_ip());
  if (out.size() < pad_to_) out.resize(pad_to_);
  if (truncate_ && *truncate_ < out.size()) out.resize(*truncate_);
  for (const auto& [offset, value] : patches_) out.at(offset) = static_cast<std::byte>(value);
  return out;
}

}  // namespace weft::test
