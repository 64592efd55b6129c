// Target: the whole L4 path. An input is a story: bursts of frames, time that passes, endpoints
// that die and come back, a drain that begins and ends.
#include <string>

#include "tests/fuzz/frames.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/target.h"
#include "tests/path.h"

namespace weft::fuzz {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr const char* own_address = "10.0.0.254";
constexpr const char* own_address_v6 = "fd00::254";
constexpr int steps_max = 64;

constexpr QuicLbSettings clear{.rotation = 0, .server_id_bytes = 1, .nonce_bytes = 4};
constexpr QuicLbSettings encrypted{
    .rotation = 1, .server_id_bytes = 1, .nonce_bytes = 4, .key = Aes128::Key{}};

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}, {"10.0.2.3", 8080}});
  b.cluster("moved", {{"10.0.3.1", 53, 1, "01"}, {"10.0.3.2", 53, 1, "02"}}, OnEndpointDown::move);
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::nat, "moved").quic({clear, encrypted});
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.16/28", 1000, Protocol::udp, Forward::ipip, "moved", HashOn::source, 1999);
  b.neighbour("10.0.0.1");
  return b;
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> frames = seeds_of_every_kind();
  const auto from_client = [](const char* to) { return ethernet().ipv4("10.0.0.1", to); };
  const auto tcp = [&](const char* to, uint8_t flags) {
    frames.push_back(from_client(to).tcp(1234, 80, flags).payload("data").build());
    frames.push_back(from_client(to).tcp(1235, 80, flags).build());
  };
  for (const uint8_t flags : {0x02, 0x10, 0x11, 0x04}) {
    tcp("203.0.113.10", flags);
    tcp("203.0.113.11", flags);
    for (const char* endpoint : {"10.0.2.1", "10.0.2.2", "10.0.2.3"}) {
      frames.push_back(ethernet().ipv4(endpoint, "10.0.0.1").tcp(8080, 1234, flags).build());
    }
  }
  const auto error = [&](const char* to, const test::FrameBuilder& quoted) {
    frames.push_back(
        ethernet().ipv4("192.0.2.1", to).icmp(3, 4, 1400).payload(quoted.build_ip()).build());
  };
  for (const char* listener : {"203.0.113.10", "203.0.113.11"}) {
    error(listener, ethernet().ipv4(listener, "10.0.0.1").tcp(80, 1234, 0x10).payload("data"));
  }
  for (const char* endpoint : {"10.0.2.1", "10.0.2.2", "10.0.2.3"}) {
    error("10.0.0.1", ethernet().ipv4("10.0.0.1", endpoint).tcp(1234, 8080, 0x10));
  }
  const auto inside = from_client("203.0.113.11").tcp(1234, 80, 0x10).payload_bytes(100);
  error("10.0.0.254",
        ethernet().ipv4("10.0.0.254", "10.0.2.1").protocol(4).payload(inside.build_ip()));
  frames.push_back(from_client("203.0.113.20").udp(1234, 1500).payload_bytes(100).build());
  frames.push_back(from_client("203.0.113.20").udp(1234, 1500).payload_bytes(1472).build());
  frames.push_back(from_client("203.0.113.20").udp(1234, 999).build());
  frames.push_back(ethernet().ipv4("10.0.3.1", "10.0.0.1").udp(53, 1234).payload("answer").build());
  frames.push_back(ethernet().ipv4("10.0.3.2", "10.0.0.1").udp(53, 1234).payload("answer").build());
  for (const QuicLbSettings& settings : {clear, encrypted}) {
    const std::array server{std::byte{2}};
    const auto id = QuicLbCodec(settings).encode(QuicServerId(server), std::array<std::byte, 4>{});
    Bytes datagram{std::byte{0x40}};
    datagram.insert(datagram.end(), id.bytes.begin(), id.bytes.begin() + id.length);
    frames.push_back(from_client("203.0.113.10").udp(1234, 53).payload(datagram).build());
  }
  return frames;
}

bool is_web(const std::string& address, uint16_t port) {
  return port == 8080 && (address == "10.0.2.1" || address == "10.0.2.2" || address == "10.0.2.3");
}
bool is_moved(const std::string& address, uint16_t port) {
  return port == 53 && (address == "10.0.3.1" || address == "10.0.3.2");
}

// What configuration() says of this packet, said once more: the listener it came to, and the
// endpoints of that listener.
void judge_ends(const Bytes& frame, const Decoded& in, const Decoded& out) {
  const bool tcp = in.protocol == 6;
  if (in.fragment_offset_bytes != 0) return;  // has no ports
  const std::string& to = in.destination;
  bool right = false;
  if (out.protocol == 4 && in.protocol != 4) {
    const bool range = to.starts_with("203.0.113.") && std::stoi(to.substr(10)) / 16 == 1;
    right = tcp ? to == "203.0.113.11" && in.destination_port == 80 && is_web(out.destination, 8080)
                : range && in.destination_port / 1000 == 1 && is_moved(out.destination, 53);
    right = right && out.source == own_address;
  } else if (to == "203.0.113.10") {
    right = tcp ? in.destination_port == 80 && is_web(out.destination, out.destination_port)
                : in.destination_port == 53 && is_moved(out.destination, out.destination_port);
  } else {
    right = out.source == "203.0.113.10" &&
            (tcp ? out.source_port == 80 && is_web(in.source, in.source_port)
                 : out.source_port == 53 && is_moved(in.source, in.source_port));
  }
  expect(right, "forwarded between ends that no listener joins", frame);
}

void judge_mtu(const Bytes& frame, const Decoded& in, const Decoded& reply) {
  if (reply.protocol != 1 || reply.icmp_type != 3 || reply.icmp_code != 4) return;
  expect(reply.icmp_rest == (in.destination == "203.0.113.10" ? 1500u : 1480u), "MTU", frame);
  expect(in.ip_bytes > reply.icmp_rest, "too big for what it fits", frame);
}

void judge_echo(const Bytes& frame, const Decoded& in, const Decoded& out) {
  expect(out.icmp_type == 0 && out.icmp_rest == in.icmp_rest && out.payload == in.payload &&
             out.source == in.destination && out.destination == in.source && out.ttl == 64,
         "another echo", frame);
  expect(out.sound() == in.sound(), "an echo whose sum was made right or wrong", frame);
}

void judge_transmitted(const Bytes& frame, const Decoded& in, const test::PathOutput& out) {
  const std::string own = out.frame.version == 4 ? own_address : own_address_v6;
  if (in.icmp_type == 8 && !in.more_fragments) return judge_echo(frame, in, out.frame);
  if (out.drop == Drop::none) {
    judge_forwarded(frame, out.bytes);
    if (!is_icmp_error(in)) judge_ends(frame, in, out.frame);
  } else if (is_icmp_error(in)) {
    judge_relayed_error(frame, out.bytes, own);
  } else {
    judge_reply(frame, out.bytes, own);
    judge_mtu(frame, in, out.frame);
  }
}

void judge(const Bytes& frame, const test::PathOutput& out) {
  switch (out.verdict) {
    case Verdict::transmit:
      return judge_transmitted(frame, test::decode(frame), out);
    case Verdict::twin:
      return expect(out.bytes == frame, "changed on the way to the twin", frame);
    case Verdict::drop:
      return expect(out.drop != Drop::none, "dropped for nothing", frame);
    case Verdict::hold:
      return expect(out.drop == Drop::none, "held and dropped", frame);
    case Verdict::hand_off:
    case Verdict::live:
      return expect(false, "one worker keeps all and decides all", frame);
  }
}

void send(Path& path, Input& input, std::span<const Bytes> from) {
  std::vector<Bytes> frames(1 + input.below(4));
  for (Bytes& frame : frames) frame = next_frame(input, from);
  const auto outputs = path.send_burst(frames);
  for (std::size_t i = 0; i < frames.size(); ++i) judge(frames[i], outputs[i]);
  for (const auto& out : path.release()) {
    expect(out.verdict == Verdict::drop || out.frame.sound(), "released unsound", out.bytes);
  }
}

void change_state(Path& path, Input& input) {
  static const std::string endpoints[] = {"web/10.0.2.1:8080", "web/10.0.2.2:8080",
                                          "web/10.0.2.3:8080", "moved/10.0.3.1:53",
                                          "moved/10.0.3.2:53"};
  const auto slot = path.gateway.endpoints.at(endpoints[input.below(std::size(endpoints))]);
  path.gateway.set_state(slot, static_cast<EndpointState>(input.below(3)));
}

}  // namespace

void run_target(std::span<const uint8_t> bytes) {
  static const std::vector<Bytes> frames = seeds();
  static Path path(configuration(), {256, 256});
  path.restart();
  Input input(bytes);
  for (int step = 0; step < steps_max && !input.empty(); ++step) {
    switch (input.u8() % 16) {
      case 0:
        path.advance(milliseconds(input.u16()));
        break;
      case 1:
        change_state(path, input);
        break;
      case 2:
        path.refuse_new_flows = !path.refuse_new_flows;
        break;
      default:
        send(path, input, frames);
    }
  }
}

}  // namespace weft::fuzz
