#include "tests/fuzz/traffic.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "tests/packet_decoder.h"

namespace weft::fuzz {
namespace {

using test::Decoded;
using test::ethernet;
using test::FrameBuilder;

constexpr std::size_t history_max = 32;
constexpr std::size_t pieces_max = 24;

template <class Choices>
const auto& one_of(const Choices& choices, Input& input) {
  return choices[input.u8() % std::size(choices)];
}

FrameBuilder between(const std::string& source, const std::string& destination) {
  if (is_v4(source) && is_v4(destination)) return ethernet().ipv4(source, destination);
  if (is_v4(source) || is_v4(destination)) return ethernet().ipv4("10.0.0.2", "10.0.0.3");
  return ethernet().ipv6(source, destination);
}

// One of SYN, SYN and ACK, ACK, ACK and PSH, FIN and ACK, RST.
void add_tcp(FrameBuilder& frame, Input& input, int source_port, int destination_port) {
  constexpr std::array<uint8_t, 8> flags = {0x02, 0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x10};
  static const std::array<std::vector<uint8_t>, 10> options = {{
      {},
      {},
      {2, 4, 5, 180},
      {1, 2, 4, 5, 180, 0},
      {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7},
      {254, 8, 1, 2, 10, 66, 6, 6},
      {1, 254, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 0, 0, 0},
      {8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 5, 26, 1, 1, 1, 1, 1, 1,
       1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1},
      {5, 0, 2, 4},
      {2, 40, 0, 0},
  }};
  frame.tcp(static_cast<uint16_t>(source_port), static_cast<uint16_t>(destination_port),
            one_of(flags, input));
  const uint8_t which = input.u8();
  if (which % 2 == 0) frame.tcp_options(options[which / 2 % options.size()]);
  frame.sequence(1000u + which).acknowledgment(input.u8());
}

void add_payload(FrameBuilder& frame, Input& input) {
  constexpr std::array<std::size_t, 12> sizes = {0,   0,    1,    10,   100,  513,
                                                 900, 1250, 1400, 1440, 1472, 1900};
  frame.payload_bytes(one_of(sizes, input));
}

// What is uncommon of a packet, one at a time.
void add_oddity(FrameBuilder& frame, Input& input, bool v4) {
  const uint8_t which = input.u8();
  switch (which % 32) {
    case 0:
      frame.ttl(1);
      break;
    case 1:
      frame.ttl(2).type_of_service(0xb9);
      break;
    case 2:
      if (v4) frame.dont_fragment();
      break;
    case 3:
      v4 ? frame.ip_options({7, 7, 4, 0, 0, 0, 0, 1}) : frame.extension(0, {5, 2, 0, 0});
      break;
    case 4:
      v4 ? frame.ip_options({148, 4, 0, 0})
         : frame.extension(0).extension(60).extension(43, {4, 0});
      break;
    case 5:
      frame.l4_checksum(0);
      break;
    case 6:
      frame.l4_checksum(which);
      break;
    case 7:
      frame.type_of_service(0xff).pad_to(200);
      break;
    case 8:
      frame.to("01:00:5e:00:00:01");
      break;
    default:
      break;
  }
}

const char* client_of(bool v4, Input& input) {
  return one_of(v4 ? clients : clients_v6, input);
}

// From a client to a service, up to the L4 header.
FrameBuilder request(const Service& service, Input& input) {
  const bool v4 = is_v4(service.address);
  FrameBuilder frame = between(client_of(v4, input), service.address);
  const int source_port = 1000 + input.u8() % 8;
  const int destination_port =
      service.first_port + input.u8() % (service.last_port - service.first_port + 1);
  if (service.protocol == Protocol::udp) {
    frame.udp(static_cast<uint16_t>(source_port), static_cast<uint16_t>(destination_port));
  } else {
    add_tcp(frame, input, source_port, destination_port);
  }
  add_oddity(frame, input, v4);
  return frame;
}

// Somebody's words to an address of ours, or of nobody: no listener's port, no TCP or UDP, echoes.
Bytes stray(Input& input) {
  static const std::array<std::pair<const char*, const char*>, 8> addresses = {{
      {"203.0.113.10", "2001:db8:f::10"},
      {"203.0.113.70", "2001:db8:f:64::1"},
      {"10.0.0.241", "fd00::241"},
      {"10.0.0.254", "fd00::254"},
      {"192.0.2.50", "2001:db8::50"},
      {"10.0.0.2", "fd00::a2"},
      {"198.51.100.9", "2002::9"},
      {"10.0.5.1", "fd00::501"},
  }};
  const bool v4 = input.u8() % 2 == 0;
  const auto& pair = one_of(addresses, input);
  FrameBuilder frame = between(client_of(v4, input), v4 ? pair.first : pair.second);
  const uint8_t kind = input.u8();
  switch (kind % 8) {
    case 0:
      frame.protocol(132).payload_bytes(40);
      break;
    case 1:
      add_tcp(frame, input, 1000, 7);
      break;
    case 2:
      frame.udp(1000, 7);
      break;
    case 3:
      frame.icmp(v4 ? 13 : 140, 0).payload_bytes(12);
      break;
    case 4:
      frame.icmp(v4 ? 0 : 129, 0, 7).payload_bytes(kind);
      break;
    default:
      frame.icmp(v4 ? 8 : 128, 0, kind == 5 ? 0 : 7).payload_bytes(kind);
      if (kind == 15) frame.fragment(0, true);
  }
  add_oddity(frame, input, v4);
  return frame.build();
}

// An endpoint speaks first.
Bytes word_of_endpoint(Input& input) {
  const FuzzCluster& cluster = one_of(clusters(), input);
  if (cluster.endpoints.empty()) return {};
  const auto& endpoint = one_of(cluster.endpoints, input);
  const bool v4 = is_v4(endpoint.address);
  FrameBuilder frame = between(endpoint.address, client_of(v4, input));
  const int client_port = 1000 + input.u8() % 8;
  if (input.u8() % 2 == 0) {
    add_tcp(frame, input, endpoint.port, client_port);
  } else {
    frame.udp(endpoint.port, static_cast<uint16_t>(client_port));
  }
  return frame.build();
}

// A router's, or the far side's own, about the packet; to whoever sent that.
Bytes error_about(const Bytes& packet, const Decoded& d, Input& input) {
  static const std::array<std::array<uint8_t, 2>, 6> kinds = {
      {{3, 4}, {3, 1}, {3, 4}, {11, 0}, {3, 3}, {12, 0}}};
  static const std::array<std::array<uint8_t, 2>, 6> kinds_v6 = {
      {{2, 0}, {1, 4}, {2, 0}, {3, 0}, {4, 0}, {1, 0}}};
  constexpr std::array<uint32_t, 6> rests = {1400, 0, 1280, 80, 200'000, 100};
  constexpr std::array<std::size_t, 6> lengths = {28, 36, 48, 96, 128, 2048};
  const bool v4 = d.version == 4;
  const bool own = input.u8() % 4 == 0;
  const std::string router = v4 ? "192.0.2.1" : "2001:db8::1";
  FrameBuilder frame = between(own ? d.destination : router, d.source);
  const auto& kind = one_of(v4 ? kinds : kinds_v6, input);
  frame.icmp(kind[0], kind[1], one_of(rests, input));
  Bytes quote(packet.begin() + static_cast<long>(d.ip_offset), packet.end());
  quote.resize(std::min(quote.size(), one_of(lengths, input)));
  add_oddity(frame, input, v4);
  return frame.payload(std::move(quote)).build();
}

// As an endpoint behind a tunnel would answer, past the gateway.
Bytes direct_answer(const Decoded& d) {
  FrameBuilder frame = between(d.destination, d.source);
  const auto from = static_cast<uint16_t>(d.destination_port);
  const auto to = static_cast<uint16_t>(d.source_port);
  if (d.protocol == 17) return frame.udp(from, to).payload("answer").build();
  return frame.tcp(from, to, 0x10).payload("answer").build();
}

bool has_ends(const Decoded& d) {
  return d.version != 0 && (d.protocol == 6 || d.protocol == 17) && d.source_port != 0;
}

}  // namespace

void Traffic::restart() {
  received_.clear();
  sent_.clear();
  pieces_.clear();
  talks_.restart();
}

void Traffic::remember(History& history, const Bytes& frame) {
  history.push_back(frame);
  if (history.size() > history_max) history.pop_front();
}

Bytes Traffic::of_client(Input& input) {
  FrameBuilder frame = request(one_of(services(), input), input);
  add_payload(frame, input);
  return frame.build();
}

Bytes Traffic::answer(Input& input) {
  if (sent_.empty()) return word_of_endpoint(input);
  const Decoded d = test::decode(one_of(sent_, input));
  if (!has_ends(d)) return word_of_endpoint(input);
  FrameBuilder frame = between(d.destination, d.source);
  if (d.protocol == 17) {
    frame.udp(static_cast<uint16_t>(d.destination_port), static_cast<uint16_t>(d.source_port));
  } else {
    add_tcp(frame, input, d.destination_port, d.source_port);
  }
  add_oddity(frame, input, d.version == 4);
  add_payload(frame, input);
  return frame.build();
}

Bytes Traffic::error(Input& input) {
  const bool about_sent = input.u8() % 4 != 0;
  const History& history = about_sent ? sent_ : received_;
  if (history.empty()) return of_client(input);
  const Bytes& frame = one_of(history, input);
  const Decoded d = test::decode(frame);
  if (d.version == 0) return of_client(input);
  if (about_sent) return error_about(frame, d, input);
  if (!has_ends(d)) return of_client(input);
  const Bytes back = direct_answer(d);
  return error_about(back, test::decode(back), input);
}

Bytes Traffic::piece(Input& input) {
  constexpr std::array<std::size_t, 4> piece_bytes = {8, 64, 200, 800};
  if (input.u8() % 4 == 0 || pieces_.empty()) {
    FrameBuilder datagram = request(one_of(services(), input), input);
    datagram.identification(input.u8() % 4u).payload_bytes(400);
    const std::vector<Bytes> made = datagram.build_pieces(one_of(piece_bytes, input));
    for (std::size_t i = 0; i < std::min<std::size_t>(made.size(), 6); ++i) {
      pieces_.push_back(made[i]);
    }
    if (pieces_.size() > pieces_max) {
      pieces_.erase(pieces_.begin(), pieces_.end() - static_cast<long>(pieces_max));
    }
  }
  const std::size_t which = input.u8() % pieces_.size();
  Bytes frame = pieces_[which];
  if (input.u8() % 8 != 0) pieces_.erase(pieces_.begin() + static_cast<long>(which));
  return frame;
}

Bytes Traffic::quic(Input& input) {
  std::vector<const Service*> those;
  for (const Service& service : services()) {
    if (service.quic) those.push_back(&service);
  }
  FrameBuilder frame = request(*one_of(those, input), input);
  const std::array server{std::byte(input.u8() % 6)};
  std::array<std::byte, 4> nonce{};
  nonce[0] = std::byte{input.u8()};
  const auto id =
      QuicLbCodec(quic_settings(input.u8() % 2 == 0)).encode(QuicServerId(server), nonce);
  const uint8_t form = input.u8();
  Bytes datagram{std::byte(form % 4 == 0 ? 0xc0 : 0x40)};
  if (form % 4 == 0) {
    datagram.resize(6);
    datagram[5] = std::byte{form % 8 == 0 ? id.length : form};
  }
  datagram.insert(datagram.end(), id.bytes.begin(), id.bytes.begin() + id.length);
  if (form % 16 == 1) datagram.resize(form / 16);
  return frame.payload(std::move(datagram)).build();
}

Bytes Traffic::whole(Input& input) {
  const uint8_t kind = input.u8();
  if (kind >= 144) return talks_.next(input);
  switch (kind % 24) {
    case 0:
    case 1:
    case 2:
      return stray(input);
    case 3:
    case 4:
      return quic(input);
    case 5:
    case 6:
    case 7:
      return error(input);
    case 8:
    case 9:
    case 10:
      return piece(input);
    case 11:
    case 12:
    case 13:
    case 14:
      return answer(input);
    case 15:
      return word_of_endpoint(input);
    default:
      return of_client(input);
  }
}

Bytes Traffic::next(Input& input) {
  static const std::vector<Bytes> seeds = seeds_of_every_kind();
  const uint8_t how = input.u8();
  if (how < 8) return next_frame(input, seeds);
  if (how < 16 && !received_.empty()) return one_of(received_, input);
  Bytes frame = whole(input);
  if (how >= 192) edit_frame(frame, input);
  return frame;
}

}  // namespace weft::fuzz
