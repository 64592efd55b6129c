// For tests and measurements of a flow table: an owner whose endpoints and listeners are all there,
// and the keys of any number of flows.
#pragma once

#include "dataplane/table/flow_clock.h"
#include "dataplane/table/nat_flows.h"
#include "dataplane/table/tunnel_flows.h"

namespace weft::test {

struct NobodyIsGone {
  const FlowClock& clock() const { return clock_; }
  template <class Bucket>
  bool gone(const Bucket&, uint32_t) const {
    return false;
  }
  template <class Bucket>
  void removed(const Bucket&, uint32_t) {}
  FlowClock clock_{FlowTimeouts{}, Instant{}};
};

// Flow number n of the table that the second argument points to.
inline TunnelKey4 key_of(uint32_t n, const TunnelFlows4*) {
  return {be32(0x0a000000 + n), be32(0xcb007101), 0x5000, false};
}
inline NatKey4 key_of(uint32_t n, const NatFlows4*) {
  return {{be32(0x0a000000 + n), be16(1234)}, {be32(0xcb007101), be16(80)}, false};
}

}  // namespace weft::test
