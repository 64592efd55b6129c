// Desired -> the routing part: the kernel's routes, and a next hop for each neighbour that the
// kernel knows or an endpoint needs. How an endpoint is reached is asked here while the endpoint
// part is compiled; finish() comes last.
//
// A neighbour keeps its index into next_hops for as long as it is needed, and next hops are read
// with the records of the same snapshot, so a freed index may go to another neighbour at once.
// Thread safety: none; pure but for its own state.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/model/desired.h"
#include "mgmt/publish/compile.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

// Where tunnels and fullnat come from. The interface's first source_addresses of the family, of
// which at most 1 << source_host_bits_max are used; if it has none, its own first address of the
// family. Answers of routers (Fragmentation Needed) come back to the outer source: source_addresses
// are the workers', who can tell what it is about.
struct SourcePrefix {
  IpAddress first;        // unspecified: there is none
  uint8_t host_bits = 0;  // the addresses are 1 << host_bits from the first on
  bool is_workers = false;
};

// How an endpoint is reached.
struct Way {
  uint32_t next_hop = 0;  // 0: there is no route
  uint16_t path_mtu_bytes = 0;
  bool on_link = false;  // no router between
  SourcePrefix source;   // of the destination's family
};

class RoutingCompiler {
 public:
  // Requires: both outlive this.
  RoutingCompiler(const Desired& desired, const Compiled& previous);

  // Routes, links or the interfaces' settings changed, so every way has to be asked for anew.
  bool ways_changed() const { return ways_changed_; }
  // Next hops that nobody asks for or keeps are given up.
  bool gives_up_unused() const { return ways_changed_ || neighbours_changed_; }

  Way way_to(const IpAddress& destination);
  // An endpoint goes on using this index of the previous snapshot.
  void keep(uint32_t next_hop);

  // The previous part when nothing of it changed.
  std::shared_ptr<const RoutingPart> finish();

 private:
  struct NeighbourHash {
    std::size_t operator()(const Neighbour& neighbour) const { return hash_of(neighbour); }
  };
  struct Interface {                   // what settings and kernel say of it together
    const KernelLink* link = nullptr;  // null: the kernel has none, or it is down
    const InterfaceSettings* settings = nullptr;
    uint16_t mtu_bytes = 0;
    IpAddress address;     // its own first IPv4 address
    IpAddress address_v6;  // its own first IPv6 address that is not link-local
    SourcePrefix source4;
    SourcePrefix source6;
  };

  void read_interfaces();
  void read_routes();
  uint32_t index_of(const Neighbour& neighbour);
  uint32_t take_free_index();
  NextHop next_hop(const Neighbour& neighbour) const;
  void resolve(const KernelNeighbour& neighbour, NextHop& hop) const;

  const Desired& desired_;
  const RoutingPart* const before_;  // null: there is none
  const Compiled& previous_;
  bool ways_changed_ = true;
  bool neighbours_changed_ = true;
  std::vector<Interface> interfaces_;
  Lpm<IpRoute> routes_;
  std::vector<bool> used_;   // by index: of the previous next hops, those that stay
  std::vector<bool> taken_;  // by index: has a neighbour now or had one before; empty: not known
  uint32_t first_untried_ = 1;
  std::unordered_map<Neighbour, uint32_t, NeighbourHash> added_;
};

}  // namespace weft::mgmt
