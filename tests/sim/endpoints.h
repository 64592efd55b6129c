// The instances behind the gateway: they answer, die and come back. One that dies forgets its
// connections. With nat they answer through the gateway, with ipip around it.
//
// A TCP connection: SYN, then requests of one segment each, answered with "NUMBER ADDRESS", then
// FIN. What belongs to no connection is reset. UDP: a request, an answer alike.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/network.h"

namespace weft::sim {

class Endpoints {
 public:
  explicit Endpoints(const std::vector<Service>& services);

  bool alive(const std::string& address) const { return endpoints_.at(address).alive; }
  void kill(const std::string& address);
  void revive(const std::string& address) { endpoints_.at(address).alive = true; }

  struct Answer {
    test::Bytes frame;
    bool through_gateway = false;
  };
  // A sound frame on its way to an endpoint.
  std::optional<Answer> receive(const test::Decoded& frame);

 private:
  struct Endpoint {
    const Service* service = nullptr;
    bool alive = true;
    std::set<std::string> connections;  // "198.51.100.1:1024"
  };

  std::map<std::string, Endpoint> endpoints_;  // by address
};

}  // namespace weft::sim
