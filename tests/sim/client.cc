#include "tests/sim/client.h"

#include <fmt/format.h>

#include "dataplane/wire/headers.h"

namespace weft::sim {

static constexpr Duration retry_interval = milliseconds(100);
static constexpr Duration think_time = milliseconds(40);

static std::string request_text(uint32_t number) {
  return fmt::format("{:04}", number);
}

Client::Client(const Service& service, std::string address, uint16_t port, Instant start,
               uint32_t requests)
    : service_(service),
      address_(std::move(address)),
      port_(port),
      start_(start),
      requests_(requests),
      state_(service.protocol == Protocol::tcp ? State::connecting : State::asking),
      next_send_(start) {}

std::string Client::name() const {
  return fmt::format("{}:{}", address_, port_);
}

test::FrameBuilder Client::segment(uint8_t flags) const {
  test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
  frame.ipv4(address_, service_.address)
      .tcp(port_, service_.port, flags)
      .sequence(sequence_)
      .acknowledgment(acknowledgment_);
  return frame;
}

std::optional<test::Bytes> Client::send(Instant now) {
  if (done() || now < next_send_) return std::nullopt;
  if (++tries_ > tries_max) {
    end(State::failed, "no answer");
    return std::nullopt;
  }
  next_send_ = now + retry_interval;
  if (service_.protocol == Protocol::udp) {
    test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
    return frame.ipv4(address_, service_.address)
        .udp(port_, service_.port)
        .payload(request_text(answered_))
        .build();
  }
  if (state_ == State::connecting) return segment(tcp_flag::syn).build();
  if (state_ == State::closing) return segment(tcp_flag::fin | tcp_flag::ack).build();
  return segment(tcp_flag::psh | tcp_flag::ack).payload(request_text(answered_)).build();
}

void Client::go_on(State state, Duration pause, Instant now) {
  state_ = state;
  tries_ = 0;
  next_send_ = now + pause;
}

void Client::end(State state, std::string why) {
  state_ = state;
  why_ = std::move(why);
}

bool Client::answers(const test::Decoded& frame) const {
  const std::string text(reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size());
  return text.starts_with(request_text(answered_) + " ");
}

void Client::answered(Instant now) {
  ++answered_;
  if (answered_ < requests_) return go_on(State::asking, think_time, now);
  if (service_.protocol == Protocol::tcp) return go_on(State::closing, think_time, now);
  end(State::finished);
}

void Client::receive(const test::Decoded& frame, Instant now) {
  if (done()) return;
  if (frame.protocol == 1) return end(State::failed, "icmp");
  if (service_.protocol == Protocol::tcp) return receive_segment(frame, now);
  if (answers(frame)) answered(now);
}

void Client::receive_segment(const test::Decoded& frame, Instant now) {
  if ((frame.flags & tcp_flag::rst) != 0) return end(State::failed, "reset");
  const bool syn = (frame.flags & tcp_flag::syn) != 0;
  const bool fin = (frame.flags & tcp_flag::fin) != 0;
  if (state_ == State::connecting && syn) {
    sequence_ += 1;
    acknowledgment_ = frame.sequence + 1;
    return go_on(State::asking, Duration::zero(), now);
  }
  if (state_ == State::asking && answers(frame)) {
    sequence_ = frame.acknowledgment;
    acknowledgment_ = frame.sequence + static_cast<uint32_t>(frame.payload.size());
    return answered(now);
  }
  if (state_ == State::closing && fin) end(State::finished);
}

}  // namespace weft::sim
