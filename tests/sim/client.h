// One client with one connection (TCP) or requests from one port (UDP). It sends again what is not
// answered, makes its packets smaller when it is told of a path MTU, is silent at times, and gives
// up when it is refused or after tries_max. With TCP a request ends where the client stops writing;
// the next one begins when all of the answer is there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/network.h"
#include "tests/sim/tcp_end.h"
#include "tests/sim/token.h"

namespace weft::sim {

// Each client has a port of its own; those of endpoints and listeners are lower or no client's.
inline constexpr uint16_t first_client_port = 10'000;
constexpr uint32_t client_number(int port) {
  return static_cast<uint32_t>(port - first_client_port);
}

// Bytes of the answer to a TCP request.
std::size_t answer_bytes(uint32_t client, uint32_t request);
// What an endpoint's side of a connection is made of; but its number, which it draws.
TcpTraits traits_of_endpoint(uint32_t number, bool v6);
// Of the bytes that a client sends, and of those that it gets.
constexpr uint32_t client_seed(uint32_t client) {
  return 2 * client;
}
constexpr uint32_t answer_seed(uint32_t client) {
  return 2 * client + 1;
}

struct ClientPlan {
  uint32_t number = 0;  // its own among all
  const Service* service = nullptr;
  std::string address;
  uint16_t port = 0;
  Instant start{};
  uint32_t requests = 1;
  uint64_t seed = 0;  // of what it does
};

class Client {
 public:
  enum class State : uint8_t { connecting, asking, closing, finished, failed };

  // `identifications`: of the last datagram that any client sent in pieces; outlives this.
  Client(const ClientPlan& plan, uint32_t& identifications);

  // What it sends now, nothing before next_send(): a packet, or the pieces of one.
  std::vector<test::Bytes> send(Instant now);
  Instant next_send() const { return owes_acknowledgment_ ? Instant::min() : next_send_; }
  // A sound packet to its address and port, or an ICMP error about one of its packets. Gives what
  // is wrong with it, if anything.
  std::string receive(const test::Decoded& packet, Instant now);

  bool done() const { return state_ == State::finished || state_ == State::failed; }
  State state() const { return state_; }
  const ClientPlan& plan() const { return plan_; }
  const Service& service() const { return *plan_.service; }
  std::string name() const;                        // "client 7, 198.51.100.1:1024 of tcp-nat"
  const std::string& why() const { return why_; }  // it failed
  bool gave_up() const { return gave_up_; }        // it failed because nobody answered
  Instant last_progress() const { return last_progress_; }  // it began, or was answered
  uint32_t requests_sent() const { return answered_ + 1; }
  const TcpEnd& tcp() const { return tcp_; }
  // The gateway has answered in an endpoint's place.
  bool by_cookie() const { return by_cookie_; }
  // It was answered by two, of which the network lets it believe either.
  bool confused() const { return confused_; }

 private:
  static constexpr uint32_t tries_max = 60;

  bool udp() const { return plan_.service->protocol == Protocol::udp; }
  void go_on(State state, Duration pause, Instant now);
  void end(State state, std::string why = "");
  Token token() const { return {.client = plan_.number, .request = answered_}; }
  bool v6() const { return is_v6(plan_.address); }
  void choose_size();
  test::FrameBuilder frame() const;
  test::Bytes segment(const TcpEnd::Segment& segment, Instant now);
  std::vector<test::Bytes> datagram();
  std::string receive_error(const test::Decoded& packet);
  std::string receive_reset(const test::Decoded& packet);
  std::string connect(const test::Decoded& packet, const TcpEnd::Other& other, Instant now);
  std::string receive_segment(const test::Decoded& packet, Instant now);
  void ask();
  void answered(Instant now);

  const ClientPlan plan_;
  uint32_t& identifications_;
  Random random_;
  State state_;
  Instant next_send_;
  uint32_t tries_ = 0;     // of what it waits for
  uint32_t answered_ = 0;  // requests
  TcpEnd tcp_;
  std::size_t answers_bytes_ = 0;    // of TCP, up to the one that it waits for
  std::size_t header_bytes_ = 0;     // that the gateway puts in front of what it sends
  bool acknowledges_first_ = false;  // before it sends data
  bool backwards_ = false;           // pieces leave in the wrong order
  bool owes_acknowledgment_ = false;
  bool by_cookie_ = false;
  bool confused_ = false;
  std::size_t request_bytes_ = 0;  // of payload besides UDP's token
  std::size_t path_mtu_bytes_ = 1500;
  Instant last_progress_;
  bool gave_up_ = false;
  std::string why_;
};

}  // namespace weft::sim
