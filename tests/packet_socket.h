// Frames in and out of a kernel interface, for tests.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/network_namespace.h"

namespace weft {

using Frame = std::vector<std::byte>;

class PacketSocket {
 public:
  PacketSocket(const NetworkNamespace& at, const std::string& interface);
  ~PacketSocket();
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;

  void send(const Frame& frame);
  // The next frame that arrives (not one that is sent from there) and is wanted; VLAN tags are in
  // it. Empty when 20 s pass without one.
  Frame receive(const std::function<bool(const Frame&)>& wanted);

 private:
  int socket_;
};

}  // namespace weft
