// A gateway's namespace with the shovel, a peer's namespace, and a cable between them: what the
// namespace tests of interfaces share. eth1 is the gateway's end, eth0 the peer's.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/network_namespace.h"

namespace weft {

// "af_xdp" of "af_xdp:eth1": the name of a test with that device.
std::string kind_of(const std::string& device);

class ShovelLab : public testing::Test {
 protected:
  static constexpr const char* twin_address = "10.9.0.1";
  static constexpr const char* peer_address = "10.9.0.2";

  void lay_cable(int queues = 1);

  std::vector<std::string> shovel_command(const std::vector<std::string>& more) const;
  // Starts it and waits until it is ready.
  Program start_shovel(const std::vector<std::string>& more);
  // With a twin that is up and has its address.
  Program start_with_twin(const std::vector<std::string>& more);
  // One ping from the peer; waits for its answer.
  Outcome ping(const std::string& address, const std::string& options = "") const;

  NetworkNamespace gateway;
  NetworkNamespace peer;
};

}  // namespace weft
