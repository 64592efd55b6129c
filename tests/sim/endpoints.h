// The instances behind the gateway: they answer, die and come back. One that dies forgets its
// connections. With nat they answer through the gateway, with the others around it.
//
// They believe only what its checksums confirm, as hosts do, and report what they believe and what
// no client has sent.
//
// A TCP connection: SYN, then requests of one segment each, answered by one segment, then FIN. What
// belongs to no connection is reset. UDP: a request, an answer.
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
#include "tests/sim/token.h"

namespace weft::sim {

class Endpoints {
 public:
  using ClientOf = std::function<const Client*(uint32_t number)>;  // null: there is none
  using Breach = std::function<void(std::string what)>;

  // All of them outlive this.
  Endpoints(const std::vector<Service>& services, const Senders& senders, ClientOf client_of,
            Breach breach);

  // As it is at any time.
  const bool& alive(const std::string& address) const { return endpoints_.at(address).alive; }
  void kill(const std::string& address);
  void revive(const std::string& address) { endpoints_.at(address).alive = true; }
  uint64_t damaged() const { return damaged_; }  // packets that were not believed

  struct Answer {
    test::Bytes frame;
    bool through_gateway = false;
  };
  // A frame on its way to an endpoint's MAC address.
  std::optional<Answer> receive(const test::Decoded& frame);

 private:
  struct Endpoint {
    std::string address;
    const Service* service = nullptr;
    uint32_t number = 0;
    bool alive = true;
    std::set<std::string> connections;  // "198.51.100.1:10000"
    Reassembly pieces;
  };

  bool believes(const Endpoint& endpoint, const test::Decoded& request);
  std::optional<test::FrameBuilder> answer(Endpoint& endpoint, const test::Decoded& request);

  const Senders& senders_;
  const ClientOf client_of_;
  const Breach breach_;
  std::map<std::string, Endpoint> endpoints_;         // by address
  std::map<std::string, Endpoint*, std::less<>> at_;  // by MAC address
  uint64_t damaged_ = 0;
};

}  // namespace weft::sim
