// One client with one connection (TCP) or a few requests from one port (UDP). It sends again what
// is not answered, and gives up when it is reset or after tries_max.
#pragma once

#include <optional>
#include <string>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/network.h"

namespace weft::sim {

class Client {
 public:
  enum class State : uint8_t { connecting, asking, closing, finished, failed };

  Client(const Service& service, std::string address, uint16_t port, Instant start,
         uint32_t requests);

  // What it sends now; usually nothing.
  std::optional<test::Bytes> send(Instant now);
  void receive(const test::Decoded& frame, Instant now);

  bool done() const { return state_ == State::finished || state_ == State::failed; }
  State state() const { return state_; }
  Instant start() const { return start_; }
  const Service& service() const { return service_; }
  std::string name() const;                        // "198.51.100.1:1024", as endpoints see it
  const std::string& why() const { return why_; }  // it failed

 private:
  static constexpr uint32_t tries_max = 60;

  void go_on(State state, Duration pause, Instant now);
  void end(State state, std::string why = "");
  test::FrameBuilder segment(uint8_t flags) const;
  void receive_segment(const test::Decoded& frame, Instant now);
  bool answers(const test::Decoded& frame) const;
  void answered(Instant now);

  const Service& service_;
  const std::string address_;
  const uint16_t port_;
  const Instant start_;
  const uint32_t requests_;
  State state_;
  Instant next_send_;
  uint32_t tries_ = 0;     // of what it waits for
  uint32_t answered_ = 0;  // requests
  uint32_t sequence_ = 1000;
  uint32_t acknowledgment_ = 0;
  std::string why_;
};

}  // namespace weft::sim
