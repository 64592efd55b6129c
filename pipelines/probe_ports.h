// Which endpoint a probe's connection is to, by the kernel's L4 port: an endpoint that answers from
// the listener's address does not say which one it is. Whatever worker sends a packet of a probe
// writes it down before the packet leaves; whatever worker gets the reply, which comes by the
// network and so later, finds it. The kernel gives a port to one probe of a family at a time, since
// all of them are bound to the same address.
// Thread safety: any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/ids.h"

namespace weft {

class ProbePorts {
 public:
  void set(bool v4, be16 port, EndpointSlot endpoint) {
    at(v4, port).store(index(endpoint) + 1, std::memory_order_relaxed);
  }
  // none: no probe ever had the port.
  EndpointSlot get(bool v4, be16 port) const {
    return EndpointSlot{at(v4, port).load(std::memory_order_relaxed) - 1};
  }

 private:
  using Slots = std::array<std::atomic<uint32_t>, UINT16_MAX + 1>;  // plus one; 0: none
  std::atomic<uint32_t>& at(bool v4, be16 port) { return (v4 ? v4_ : v6_)[port.host()]; }
  const std::atomic<uint32_t>& at(bool v4, be16 port) const {
    return (v4 ? v4_ : v6_)[port.host()];
  }

  Slots v4_{};  // workers write, workers read
  Slots v6_{};
};

}  // namespace weft
