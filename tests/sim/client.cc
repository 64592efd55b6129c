#include "tests/sim/client.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "dataplane/wire/headers.h"

namespace weft::sim {

static constexpr Duration retry_interval = milliseconds(100);
// Longer than the timeouts of half-open and UDP flows, shorter than that of established ones.
static constexpr uint32_t silence_percent = 2;
static constexpr uint64_t silence_min_ms = 1500, silence_spread_ms = 1500;
static constexpr uint32_t large_percent = 4;
static constexpr uint32_t in_pieces_percent = 4;
// IP and TCP headers with the token; UDP needs less.
static constexpr std::size_t headers_bytes_max = 40 + 20 + 16 + 1;  // a request has one more

Client::Client(const ClientPlan& plan, uint32_t& identifications)
    : plan_(plan),
      identifications_(identifications),
      random_(plan.seed),
      state_(udp() ? State::asking : State::connecting),
      next_send_(plan.start),
      last_progress_(plan.start) {
  backwards_ = random_.happens(50);
  choose_size();
}

std::string Client::name() const {
  return fmt::format("client {}, {}:{} of {}", plan_.number, plan_.address, plan_.port,
                     plan_.service->name);
}

void Client::choose_size() {
  const bool large = random_.happens(large_percent);
  request_bytes_ = large ? path_mtu_bytes_ - headers_bytes_max : random_.below(64);
  if (udp() && random_.happens(in_pieces_percent)) request_bytes_ = 1600 + random_.below(2400);
}

test::FrameBuilder Client::segment(uint8_t flags, std::size_t payload_bytes) const {
  test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
  put_addresses(frame, plan_.address, plan_.service->address);
  if (udp()) {
    frame.udp(plan_.port, plan_.service->port);
  } else {
    frame.tcp(plan_.port, plan_.service->port, flags)
        .sequence(sequence_)
        .acknowledgment(acknowledgment_);
  }
  put_token(frame, {.client = plan_.number, .request = answered_}, udp(), payload_bytes);
  return frame;
}

std::vector<test::Bytes> Client::datagram() {
  constexpr std::size_t ip_headers_bytes = 40 + 8;  // with a fragment header
  test::FrameBuilder frame = segment(0, request_bytes_);
  if (request_bytes_ + headers_bytes_max <= path_mtu_bytes_) return {frame.build()};
  // Clients may share an address, and a run has fewer than IPv4 can number.
  frame.identification(++identifications_);
  std::vector<test::Bytes> pieces =
      frame.build_pieces((path_mtu_bytes_ - ip_headers_bytes) / 8 * 8);
  if (backwards_) std::ranges::reverse(pieces);
  return pieces;
}

std::vector<test::Bytes> Client::send(Instant now) {
  if (done() || now < next_send_) return {};
  if (++tries_ > tries_max) {
    gave_up_ = true;
    end(State::failed, "no answer");
    return {};
  }
  next_send_ = now + retry_interval;
  if (udp()) return datagram();
  if (state_ == State::connecting) return {segment(tcp_flag::syn, 0).build()};
  if (state_ == State::closing) return {segment(tcp_flag::fin | tcp_flag::ack, 0).build()};
  return {segment(tcp_flag::psh | tcp_flag::ack, request_bytes_ + 1).build()};
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

void Client::answered(Instant now) {
  ++answered_;
  const bool silent = random_.happens(silence_percent);
  const Duration pause = milliseconds(silent ? silence_min_ms + random_.below(silence_spread_ms)
                                             : 1 + random_.below(30));
  choose_size();
  if (answered_ < plan_.requests) return go_on(State::asking, pause, now);
  if (!udp()) return go_on(State::closing, pause, now);
  end(State::finished);
}

void Client::receive(const test::Decoded& packet, Instant now) {
  if (done()) return;
  if (packet.icmp_type >= 0) return receive_error(packet);
  const std::optional<Token> token = token_of(packet);
  if (!udp()) return receive_segment(packet, token ? &*token : nullptr, now);
  if (token && token->request == answered_) answered(now);
}

// Only what says that nobody is there ends a connection (RFC 1122, 4.2.3.9).
void Client::receive_error(const test::Decoded& packet) {
  const bool v6 = packet.version == 6;
  const bool too_big = v6 ? packet.icmp_type == 2 : packet.icmp_type == 3 && packet.icmp_code == 4;
  if (too_big) {
    const std::size_t mtu_bytes = v6 ? packet.icmp_rest : packet.icmp_rest & 0xffff;
    path_mtu_bytes_ = std::clamp<std::size_t>(mtu_bytes, 576, path_mtu_bytes_);
    if (!udp()) request_bytes_ = std::min(request_bytes_, path_mtu_bytes_ - headers_bytes_max);
    return;
  }
  const int unreachable = v6 ? 1 : 3, port_unreachable = v6 ? 4 : 3;
  if (packet.icmp_type == unreachable && packet.icmp_code == port_unreachable) {
    end(State::failed, "port unreachable");
  }
}

void Client::receive_segment(const test::Decoded& packet, const Token* token, Instant now) {
  if ((packet.flags & tcp_flag::rst) != 0) return end(State::failed, "reset");
  if (token == nullptr) return;
  const bool syn = (packet.flags & tcp_flag::syn) != 0;
  const bool fin = (packet.flags & tcp_flag::fin) != 0;
  if (state_ == State::connecting && syn) {
    sequence_ += 1;
    acknowledgment_ = packet.sequence + 1;
    return go_on(State::asking, Duration::zero(), now);
  }
  const bool data = !syn && !fin && !packet.payload.empty();
  if (state_ == State::asking && data && token->request == answered_) {
    sequence_ = packet.acknowledgment;
    acknowledgment_ = packet.sequence + static_cast<uint32_t>(packet.payload.size());
    return answered(now);
  }
  if (state_ == State::closing && fin) end(State::finished);
}

}  // namespace weft::sim
