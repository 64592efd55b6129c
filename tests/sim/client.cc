#include "tests/sim/client.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "dataplane/wire/headers.h"
#include "tests/proxy_header.h"

namespace weft::sim {

static constexpr Duration retry_interval = milliseconds(100);
// Longer than the timeouts of half-open and UDP flows, shorter than that of established ones.
static constexpr uint32_t silence_percent = 2;
static constexpr uint64_t silence_min_ms = 1500, silence_spread_ms = 1500;
static constexpr uint32_t large_percent = 4;
static constexpr uint32_t in_pieces_percent = 4;
// IP and UDP headers with the token.
static constexpr std::size_t headers_bytes_max = 40 + 8 + Token::bytes;

static uint64_t mixed(uint64_t a, uint64_t b) {
  uint64_t h = (a * 0x9e3779b97f4a7c15u + b + 1) * 0xbf58476d1ce4e5b9u;
  return (h ^ h >> 31) * 0x94d049bb133111ebu >> 16;
}

std::size_t answer_bytes(uint32_t client, uint32_t request) {
  const uint64_t dice = mixed(client, request);
  return dice % 100 < large_percent ? 1000 + dice % 2000 : 1 + dice % 64;
}

static uint16_t mss_bytes_max(bool v6) {
  return v6 ? 1440 : 1460;
}

TcpTraits traits_of_endpoint(uint32_t number, bool v6) {
  const uint64_t dice = mixed(number, 0);
  TcpTraits traits{.mss_bytes = mss_bytes_max(v6),
                   .window_bytes = static_cast<uint32_t>(8000 + dice % 57'000),
                   .sack = dice % 7 != 0,
                   .timestamps = dice % 5 != 0,
                   .clock_offset_ms = static_cast<uint32_t>(dice)};
  if (dice % 6 != 0) traits.window_scale = static_cast<uint8_t>(dice % 11);
  return traits;
}

static TcpTraits traits_of_client(uint32_t number, bool v6, Random& random) {
  const std::vector<uint16_t> mss_bytes = {536, 1220, 1400, mss_bytes_max(v6)};
  TcpTraits traits{.isn = isn_of(number),
                   .mss_bytes = random.one_of(mss_bytes),
                   .window_bytes = static_cast<uint32_t>(8000 + random.below(57'000)),
                   .sack = random.happens(80),
                   .timestamps = random.happens(80),
                   .clock_offset_ms = static_cast<uint32_t>(random.below(UINT32_MAX))};
  if (random.happens(80)) traits.window_scale = static_cast<uint8_t>(random.below(11));
  return traits;
}

Client::Client(const ClientPlan& plan, uint32_t& identifications)
    : plan_(plan),
      identifications_(identifications),
      random_(plan.seed),
      state_(udp() ? State::asking : State::connecting),
      next_send_(plan.start),
      tcp_(traits_of_client(plan.number, v6(), random_), {client_seed(plan.number), {}},
           {answer_seed(plan.number), {}}),
      header_bytes_(test::proxy_header(plan.service->header, {plan.address, plan.port},
                                       {plan.service->address, plan.service->port})
                        .size()),
      acknowledges_first_(random_.happens(50)),
      backwards_(random_.happens(50)),
      last_progress_(plan.start) {
  choose_size();
}

std::string Client::name() const {
  return fmt::format("client {}, {}:{} of {}", plan_.number, plan_.address, plan_.port,
                     plan_.service->name);
}

void Client::choose_size() {
  const bool large = random_.happens(large_percent);
  if (!udp()) {
    request_bytes_ = large ? 1000 + random_.below(1800) : 1 + random_.below(64);
    return;
  }
  request_bytes_ = large ? path_mtu_bytes_ - headers_bytes_max : random_.below(64);
  if (random_.happens(in_pieces_percent)) request_bytes_ = 1600 + random_.below(2400);
}

test::FrameBuilder Client::frame() const {
  test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
  put_addresses(frame, plan_.address, plan_.service->address);
  return frame;
}

test::Bytes Client::segment(const TcpEnd::Segment& segment, Instant now) {
  test::FrameBuilder made = frame();
  tcp_.put(made, {plan_.port, plan_.service->port}, segment, token(), now);
  return made.build();
}

std::vector<test::Bytes> Client::datagram() {
  constexpr std::size_t ip_headers_bytes = 40 + 8;  // with a fragment header
  test::FrameBuilder made = frame().udp(plan_.port, plan_.service->port);
  put_datagram(made, token(), request_bytes_);
  if (request_bytes_ + headers_bytes_max <= path_mtu_bytes_) return {made.build()};
  // Clients may share an address, and a run has fewer than IPv4 can number.
  made.identification(++identifications_);
  std::vector<test::Bytes> pieces = made.build_pieces((path_mtu_bytes_ - ip_headers_bytes) / 8 * 8);
  if (backwards_) std::ranges::reverse(pieces);
  return pieces;
}

std::vector<test::Bytes> Client::send(Instant now) {
  if (done() || now < next_send()) return {};
  if (owes_acknowledgment_) {
    owes_acknowledgment_ = false;
    return {segment(tcp_.acknowledgment(), now)};
  }
  if (++tries_ > tries_max) {
    gave_up_ = true;
    end(State::failed, "no answer");
    return {};
  }
  next_send_ = now + retry_interval;
  if (udp()) return datagram();
  if (state_ == State::connecting) return {segment(tcp_.syn(tcp_flag::syn), now)};
  std::vector<test::Bytes> frames;
  for (const TcpEnd::Segment& part : tcp_.unacknowledged(path_mtu_bytes_, v6())) {
    frames.push_back(segment(part, now));
  }
  // The request has arrived, and a part of the answer has not.
  if (frames.empty()) frames.push_back(segment(tcp_.acknowledgment(), now));
  return frames;
}

void Client::go_on(State state, Duration pause, Instant now) {
  state_ = state;
  tries_ = 0;
  next_send_ = now + pause;
  last_progress_ = now;
}

void Client::end(State state, std::string why) {
  state_ = state;
  why_ = std::move(why);
}

void Client::ask() {
  if (udp()) return;
  tcp_.write(request_bytes_);
  answers_bytes_ += answer_bytes(plan_.number, answered_);
}

void Client::answered(Instant now) {
  ++answered_;
  const bool silent = random_.happens(silence_percent);
  const Duration pause = milliseconds(silent ? silence_min_ms + random_.below(silence_spread_ms)
                                             : 1 + random_.below(30));
  choose_size();
  if (answered_ < plan_.requests) {
    ask();
    return go_on(State::asking, pause, now);
  }
  if (udp()) return end(State::finished);
  tcp_.close();
  go_on(State::closing, pause, now);
}

std::string Client::receive(const test::Decoded& packet, Instant now) {
  if (done()) return "";
  if (packet.icmp_type >= 0) return receive_error(packet);
  if (!udp()) return receive_segment(packet, now);
  const std::optional<Token> token = token_of(packet);
  if (token && token->request == answered_) answered(now);
  return "";
}

// Only what says that nobody is there ends a connection (RFC 1122, 4.2.3.9).
std::string Client::receive_error(const test::Decoded& packet) {
  const test::Decoded quoted = test::decode_ip(packet.payload, true);
  if (!udp() && !tcp_.sent(quoted.sequence)) return "an ICMP error about what it did not send";
  const bool v6 = packet.version == 6;
  const bool too_big = v6 ? packet.icmp_type == 2 : packet.icmp_type == 3 && packet.icmp_code == 4;
  if (too_big) {
    const std::size_t mtu_bytes = v6 ? packet.icmp_rest : packet.icmp_rest & 0xffff;
    path_mtu_bytes_ = std::clamp<std::size_t>(mtu_bytes, 576, path_mtu_bytes_);
    return "";
  }
  const int unreachable = v6 ? 1 : 3, port_unreachable = v6 ? 4 : 3;
  if (packet.icmp_type == unreachable && packet.icmp_code == port_unreachable) {
    end(State::failed, "port unreachable");
  }
  return "";
}

std::string Client::receive_reset(const test::Decoded& packet) {
  // Another copy of its SYN was answered meanwhile (RFC 9293, 3.10.7.4).
  const bool refuses_syn = packet.sequence == 0 && (packet.flags & tcp_flag::ack) != 0 &&
                           packet.acknowledgment == tcp_.ours().isn + 1;
  if (tcp_.is_open() && refuses_syn) return "";
  if (tcp_.is_open() && !tcp_.expects(packet.sequence)) return "a reset with a wrong number";
  end(State::failed, "reset");
  return "";
}

std::string Client::connect(const test::Decoded& packet, const TcpEnd::Other& other, Instant now) {
  constexpr int answer = tcp_flag::syn | tcp_flag::ack;
  if ((packet.flags & answer) != answer) return "";
  if (std::string wrong = tcp_.open(packet, other, now); !wrong.empty()) return wrong;
  by_cookie_ = !token_of(packet);
  owes_acknowledgment_ = acknowledges_first_;
  ask();
  go_on(State::asking, Duration::zero(), now);
  return "";
}

std::string Client::receive_segment(const test::Decoded& packet, Instant now) {
  if ((packet.flags & tcp_flag::rst) != 0) return receive_reset(packet);
  // A cookie promises what is usual.
  const std::optional<Token> token = token_of(packet);
  const TcpTraits cookies{.mss_bytes = mss_bytes_max(v6())};
  const TcpEnd::Other other{
      answers_bytes_, token ? traits_of_endpoint(token->endpoint, v6()) : cookies, header_bytes_};
  if (state_ == State::connecting) return connect(packet, other, now);
  const bool syn = (packet.flags & tcp_flag::syn) != 0;
  if (syn && packet.sequence != tcp_.other_isn()) {
    confused_ = true;
    return "";
  }
  const std::size_t known_bytes = tcp_.received();
  if (std::string wrong = tcp_.receive(packet, other, now); !wrong.empty()) return wrong;
  if (state_ == State::closing) {
    if (tcp_.other_closed() && tcp_.all_acknowledged()) end(State::finished);
    return "";
  }
  if (tcp_.received() == answers_bytes_ && tcp_.all_acknowledged()) {
    answered(now);
    return "";
  }
  owes_acknowledgment_ = syn || (!packet.payload.empty() && tcp_.received() == known_bytes);
  if (tries_ > 0 && tcp_.has_unsent()) next_send_ = now;
  return "";
}

}  // namespace weft::sim
