// Frames for tests, readable:
//
//   ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80, tcp_flag::syn).payload("x").build()
//
// Lengths, protocol numbers and checksums are right unless a test sets them; whatever is set is
// written as it is, so every malformed frame can be said. Field calls may come in any order after
// the layer they belong to. The builder shares no code with dataplane/wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::test {

using Bytes = std::vector<std::byte>;

Bytes to_bytes(std::string_view text);

class FrameBuilder {
 public:
  // ---- Ethernet. "02:00:00:00:00:01"; calls of vlan() add tags from the outer to the inner.
  FrameBuilder& to(std::string_view mac);
  FrameBuilder& from(std::string_view mac);
  FrameBuilder& vlan(uint16_t id, uint16_t tag_type = 0x8100);
  FrameBuilder& ether_type(uint16_t value);

  // ---- IP
  FrameBuilder& ipv4(std::string_view source, std::string_view destination);
  FrameBuilder& ipv6(std::string_view source, std::string_view destination);
  FrameBuilder& ttl(uint8_t value);
  FrameBuilder& type_of_service(uint8_t value);
  FrameBuilder& protocol(uint8_t value);
  FrameBuilder& version(uint8_t value);
  FrameBuilder& header_words(uint8_t value);  // IHL
  FrameBuilder& total_length(uint16_t value);
  FrameBuilder& payload_length(uint16_t value);  // IPv6
  FrameBuilder& identification(uint32_t value);
  FrameBuilder& dont_fragment();
  FrameBuilder& reserved_flag();                             // "evil" (RFC 3514)
  FrameBuilder& fragment(uint16_t offset_bytes, bool more);  // of IPv6: adds a fragment header
  // Adds an IPv6 extension header: `body` follows its next header and length, padded with zeroes.
  FrameBuilder& extension(uint8_t type, std::vector<uint8_t> body = {});
  FrameBuilder& ip_options(std::vector<uint8_t> options);  // padded with zeroes to words
  FrameBuilder& ip_checksum(uint16_t value);

  // ---- above IP
  FrameBuilder& tcp(uint16_t source_port, uint16_t destination_port, uint8_t flags);
  FrameBuilder& sequence(uint32_t value);
  FrameBuilder& acknowledgment(uint32_t value);
  FrameBuilder& window(uint16_t value);
  FrameBuilder& data_offset(uint8_t words);
  FrameBuilder& tcp_options(std::vector<uint8_t> options);  // padded with zeroes to words
  FrameBuilder& udp(uint16_t source_port, uint16_t destination_port);
  FrameBuilder& udp_length(uint16_t value);
  // `rest` is the word after the checksum: identifier and sequence, or a next hop's MTU.
  FrameBuilder& icmp(uint8_t type, uint8_t code, uint32_t rest = 0);
  FrameBuilder& l4_checksum(uint16_t value);

  FrameBuilder& payload(std::string_view text);
  FrameBuilder& payload(Bytes bytes);
  FrameBuilder& payload_bytes(std::size_t count);  // of a pattern

  // ---- the finished frame
  FrameBuilder& pad_to(std::size_t frame_bytes);  // appends zeroes, as short frames have them
  FrameBuilder& truncate(std::size_t frame_bytes);
  FrameBuilder& set_byte(std::size_t offset, uint8_t value);  // after everything else

  Bytes build() const;
  // The datagram in pieces of at most `piece_bytes`, a multiple of 8, in order.
  std::vector<Bytes> build_pieces(std::size_t piece_bytes) const;
  // From the IP header on: an inner packet, or what an ICMP error quotes.
  Bytes build_ip() const;

 private:
  using Mac = std::array<uint8_t, 6>;
  enum class L3 : uint8_t { none, ipv4, ipv6 };
  enum class L4 : uint8_t { none, tcp, udp, icmp };

  Bytes l4_bytes() const;
  void append_tcp(Bytes& out) const;
  void append_ipv4(Bytes& out, std::size_t ip_payload_bytes) const;
  void append_ipv6(Bytes& out, std::size_t ip_payload_bytes) const;
  void append_extensions(Bytes& out) const;
  uint8_t protocol_number() const;
  uint16_t computed_l4_checksum(const Bytes& l4) const;

  Mac destination_mac_{2, 0, 0, 0, 0, 1};
  Mac source_mac_{2, 0, 0, 0, 0, 2};
  std::vector<std::pair<uint16_t, uint16_t>> tags_;  // type, id
  std::optional<uint16_t> ether_type_;

  L3 l3_ = L3::none;
  Bytes source_, destination_;
  uint8_t ttl_ = 64, type_of_service_ = 0;
  uint32_t identification_ = 0x1234;
  uint16_t fragment_word_ = 0;
  std::vector<std::pair<uint8_t, Bytes>> extensions_;  // type, from its length field on
  std::vector<uint8_t> ip_options_;
  std::optional<uint8_t> version_, header_words_, protocol_;
  std::optional<uint16_t> ip_length_, ip_checksum_;

  L4 l4_ = L4::none;
  uint16_t source_port_ = 0, destination_port_ = 0, window_ = 0xffff;
  uint32_t sequence_ = 1, acknowledgment_ = 0, icmp_rest_ = 0;
  uint8_t flags_ = 0, icmp_type_ = 0, icmp_code_ = 0;
  std::vector<uint8_t> tcp_options_;
  std::optional<uint8_t> data_offset_;
  std::optional<uint16_t> udp_length_, l4_checksum_;

  Bytes payload_;
  std::size_t pad_to_ = 0;
  std::optional<std::size_t> truncate_;
  std::vector<std::pair<std::size_t, uint8_t>> patches_;
};

// A frame from 02:00:00:00:00:02 to 02:00:00:00:00:01.
inline FrameBuilder ethernet() {
  return {};
}

}  // namespace weft::test
