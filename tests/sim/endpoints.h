// The instances behind the gateway: they answer, die and come back. One that dies forgets its
// connections. With nat they answer through the gateway, with the others around it.
//
// They believe only what its checksums confirm, as hosts do, and report what they believe and what
// no client has sent.
//
// A TCP connection: SYN, then requests, each answered when it is there as a whole, then FIN. What
// belongs to no connection is reset. UDP: a request, an answer. A flood's SYNs are answered and
// forgotten.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/client.h"
#include "tests/sim/network.h"
#include "tests/sim/reassembly.h"
#include "tests/sim/senders.h"
#include "tests/sim/tcp_end.h"
#include "tests/sim/token.h"

namespace weft::sim {

class Endpoints {
 public:
  using ClientOf = std::function<const Client*(uint32_t number)>;  // null: there is none
  using Breach = std::function<void(std::string what)>;
  // Whether the gateway may have lost what it knew of the client's connection.
  using Torn = std::function<bool(uint32_t number)>;

  // All of them outlive this.
  Endpoints(const std::vector<Service>& services, const Senders& senders, ClientOf client_of,
            Torn torn, Breach breach);

  // As it is at any time.
  const bool& alive(const std::string& address) const { return endpoints_.at(address).alive; }
  uint32_t number_of(const std::string& address) const { return endpoints_.at(address).number; }
  void kill(const std::string& address, Instant now);
  void revive(const std::string& address) { endpoints_.at(address).alive = true; }
  uint64_t damaged() const { return damaged_; }  // packets that were not believed

  struct Answer {
    std::vector<test::Bytes> frames;
    bool through_gateway = false;
  };
  // A frame on its way to an endpoint's MAC address.
  Answer receive(const test::Decoded& frame, Instant now);

 private:
  struct Connection {
    uint32_t client = 0;
    TcpEnd end;
    std::size_t answered_bytes = 0;  // of the client's stream
  };
  struct Endpoint {
    std::string address;
    const Service* service = nullptr;
    uint32_t number = 0;
    bool alive = true;
    Instant died = Instant::min();                  // last
    std::map<std::string, Connection> connections;  // by "198.51.100.1:10000"
    std::set<std::string> reset;                    // peers whose connection the gateway ended
    Reassembly pieces;
  };

  struct Request {  // what an endpoint got, and believes
    Endpoint& endpoint;
    const test::Decoded& packet;
    uint32_t client = 0;
    Instant now;
  };
  bool believes(const Request& request, const Client* client);
  void complain(const Request& request, const std::string& wrong);
  test::FrameBuilder frame_to(const Request& request) const;
  Token token_for(const Request& request) const;
  std::vector<test::Bytes> answer(const Request& request, const Client& client);
  std::vector<test::Bytes> answer_datagram(const Request& request) const;
  std::vector<test::Bytes> answer_stranger(const Request& request);
  Connection& connect(const Request& request, const Client& client);
  std::vector<test::Bytes> answer_segment(const Request& request, const Client& client);
  std::vector<test::Bytes> go_on(const Request& request, const Client& client,
                                 Connection& connection);
  test::Bytes reset(const Request& request) const;

  const Senders& senders_;
  const ClientOf client_of_;
  const Torn torn_;
  const Breach breach_;
  std::map<std::string, Endpoint> endpoints_;         // by address
  std::map<std::string, Endpoint*, std::less<>> at_;  // by MAC address
  uint64_t damaged_ = 0;
  uint32_t connections_ = 0;  // ever
};

}  // namespace weft::sim
