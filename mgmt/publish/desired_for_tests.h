// A small mesh to compile: one interface at 10.0.0.254/24 with a default route via 10.0.0.1, a nat
// listener 203.0.113.10:80 and its cluster "web" of endpoints 10.0.0.1, 10.0.0.2, ... port 8080.
// For tests: each changes what it is about.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mgmt/model/desired.h"
#include "mgmt/publish/compile.h"

namespace weft::mgmt::test {

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
inline IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}

inline std::array<uint8_t, 6> mac(uint8_t last) {
  return {2, 0, 0, 0, 0, last};
}

// The slot is 100 * cluster + number, the address 10.0.<cluster>.<number>.
inline DesiredEndpoint endpoint(uint32_t cluster, uint32_t number, uint32_t weight = 1) {
  return {{EndpointSlot{100 * cluster + number}, 1},
          IpAddress::v4(be32(0x0a000000 | cluster << 8 | number)),
          8080,
          weight};
}

inline DesiredCluster cluster(uint32_t slot, uint32_t endpoints) {
  DesiredCluster result{.id = {ClusterSlot{slot}, 1}};
  for (uint32_t n = 1; n <= endpoints; ++n) result.endpoints.push_back(endpoint(slot, n));
  return result;
}

inline DesiredListener listener(uint32_t slot, std::string_view address, uint16_t port,
                                uint32_t cluster_slot, Forward forward = Forward::nat) {
  return {{ListenerSlot{slot}, 1},
          {.name = "listener" + std::to_string(slot),
           .address = prefix(address),
           .first_port = port,
           .last_port = port,
           .protocol = Protocol::tcp,
           .forward = forward},
          {ClusterSlot{cluster_slot}, 1}};
}

inline Desired small_mesh(uint32_t endpoints = 3) {
  Desired desired;
  desired.interfaces.push_back(
      {.name = "edge", .mtu_bytes = 1500, .addresses = {{ip("10.0.0.254"), 24}}});
  desired.listeners.push_back(listener(0, "203.0.113.10", 80, 0));
  desired.clusters.push_back(cluster(0, endpoints));
  desired.kernel.links.push_back(
      {.mac = mac(0xfe), .mtu_bytes = 1500, .up = true, .addresses = {ip("10.0.0.254")}});
  desired.kernel.neighbours.push_back({.address = ip("10.0.0.1"), .mac = mac(1)});
  desired.kernel.neighbours.push_back({.address = ip("10.0.0.2"), .mac = mac(2)});
  desired.kernel.routes.push_back({.to = prefix("0.0.0.0/0"), .gateway = ip("10.0.0.1")});
  desired.kernel.routes.push_back({.to = prefix("10.0.0.0/24")});
  desired.flows.half_open_timeout_ms = milliseconds(1000);
  desired.flows.established_timeout_ms = milliseconds(2000);
  desired.flows.closing_timeout_ms = milliseconds(3000);
  desired.flows.udp_timeout_ms = milliseconds(4000);
  desired.hash_seed = 7;
  return desired;
}

// Compiles one Desired after the other.
class Compiler {
 public:
  const Snapshot& operator()(Desired desired) {
    last_ = compile(std::make_shared<const Desired>(std::move(desired)), last_, ++generation_);
    return *last_.snapshot;
  }
  // What the last call gave; shared parts outlive the next.
  const std::shared_ptr<const Snapshot>& snapshot() const { return last_.snapshot; }

 private:
  Compiled last_;
  uint64_t generation_ = 0;
};

inline const EndpointRecord& record(const Snapshot& snapshot, uint32_t slot) {
  return snapshot.endpoints->records[slot];
}

}  // namespace weft::mgmt::test
