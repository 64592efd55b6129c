// What the workers read: compiled by mgmt, immutable, published as one pointer (ARCHITECTURE.md,
// decisions 3 to 5). A worker turn reads one Snapshot. Its three parts change for different
// reasons and are shared between snapshots while they do not:
//   policy     listeners and settings          reload
//   endpoints  sets, weights, Maglev tables    discovery, reload
//   routing    neighbours, routes, links       the kernel's netlink
// Beside them the sources that an operator blackholed, which change on demand.
//
// What is shared between snapshots begins a cache line of its own: the count of its owners, which
// mgmt writes with every publish, is in the line before.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/interface/steering.h"
#include "dataplane/table/flat_map.h"
#include "dataplane/table/flow_timeouts.h"
#include "dataplane/table/lpm.h"
#include "dataplane/table/maglev.h"
#include "dataplane/table/paged_array.h"
#include "dataplane/table/prefix_set.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"
#include "dataplane/wire/quic_lb.h"
#include "pipelines/policy.h"
#include "pipelines/probe_addresses.h"
#include "pipelines/worker_share.h"

namespace weft {

// ---- policy

// What may begin at a listener, over all workers. 0: no limit.
struct ListenerLimits {
  Duration new_flow_interval{};  // from one to the next on average; a second's worth at once
  Duration source_new_flow_interval{};
  uint32_t flows_max = 0;
  uint32_t source_flows_max = 0;
  bool operator==(const ListenerLimits&) const = default;
};

// Whose packets a listener takes, by their source, and how many flows.
struct Admission {
  ListenerLimits flows;
  std::vector<std::shared_ptr<const PrefixSet>> allow;  // in one of these; empty: from everywhere
  std::vector<std::shared_ptr<const PrefixSet>> deny;   // and in none of these
};

struct alignas(64) ListenerPolicy {
  ListenerId id;
  ClusterSlot cluster = none<ClusterSlot>;
  Forward forward = Forward::nat;
  HashOn hash = HashOn::five_tuple;
  ClientAddress client_address = ClientAddress::none;
  std::shared_ptr<const Admission> admission;  // null: it takes everyone's, without limits
  std::shared_ptr<const QuicLbCodecs> quic;    // null: connection ids are not read
  UdpChoice udp = UdpChoice::flow;
  uint16_t mss_clamp_bytes = 0;  // 0: none; or mss_clamp_auto
};

// An address, protocol and port exactly.
struct ListenerKey {
  IpAddress address;
  be16 port;
  Protocol protocol = Protocol::none;
  bool operator==(const ListenerKey&) const = default;
};
inline uint64_t hash_of(const ListenerKey& key) {
  const std::byte* address = key.address.bytes().data();
  const uint64_t rest = uint64_t{key.port.raw} << 8 | static_cast<uint8_t>(key.protocol);
  return mix(load<uint64_t>(address) ^ rest << 40, load<uint64_t>(address + 8));
}

// For listeners on a prefix or a port range: those of one prefix, narrowest range first.
struct ListenerRange {
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  Protocol protocol = Protocol::none;
  ListenerSlot listener = none<ListenerSlot>;
};

enum class AddressOwner : uint8_t {
  nobody,            // transit, or a client behind nat
  host,              // [[interface]] addresses: the kernel's
  listener,          // the workers'
  source_addresses,  // the workers'
};

struct ListenerTable {
  FlatMap<ListenerKey, ListenerSlot> exact;
  Lpm<std::vector<ListenerRange>> ranges;  // tried from the longest prefix to the shortest
  Lpm<AddressOwner> owners;
  std::vector<ListenerPolicy> policies;  // by listener slot
  bool any_quic = false;                 // a listener reads connection ids

  // Whether the slot belongs to a listener. Flows of absent ones are the sweep's.
  bool present(ListenerSlot slot) const {
    return index(slot) < policies.size() && policies[index(slot)].id.slot == slot;
  }
};

// Where the reply of an endpoint belongs when no flow says so: the one nat listener whose cluster
// names this endpoint. Absent when several do.
struct NatReturn {
  IpAddress listener_address;
  be16 listener_port;
  ListenerSlot listener = none<ListenerSlot>;
  EndpointSlot endpoint = none<EndpointSlot>;
};

// Of endpoints that are probed through a listener (tunnel_probes.h).
struct ProbePolicy {
  ProbeRanges ranges;
  // By listener slot. Unspecified: no endpoint can be probed through the listener.
  std::vector<IpAddress> listener_addresses;
};

struct alignas(64) PolicyPart {
  ListenerTable listeners;
  std::shared_ptr<const ProbePolicy> probes;  // null: no addresses are synthetic
  bool asks_sources = false;                  // a listener allows or denies some
  // A worker remembers no more flows of tunnel and direct listeners while more begin; 0: it does.
  uint32_t new_flows_per_s_max = 0;
  Transit transit = Transit::drop;
  FlowTimeouts timeouts;
  SteeringMap steering{};  // bucket to worker
  uint32_t workers = 1;
  std::array<WorkerShare, workers_max> shares;  // by worker
  bool clamps_mss = false;                      // some listener does
  uint64_t hash_seed = 0;  // of the choice of an endpoint; the same on every gateway of a fleet

  // `weights`: one a worker, as shares_of() takes them.
  void set_workers(std::span<const uint16_t> weights);
};

// ---- endpoints

struct alignas(64) EndpointRecord {  // by endpoint slot
  IpAddress address;
  // Outer source of tunnels and source of fullnat, of the endpoint's family: the first of
  // 1 << source_host_bits addresses that a flow may have (source_address.h).
  IpAddress source;
  be16 port;
  uint16_t path_mtu_bytes = 0;  // largest IP packet towards the endpoint, outer header included
  uint32_t next_hop = 0;        // index into RoutingPart::next_hops
  uint32_t flows_max = 0;       // over all workers; 0: any number
  ClusterSlot cluster = none<ClusterSlot>;
  ListenerSlot probed_through = none<ListenerSlot>;  // none: probed at its own address
  OnEndpointDown on_down = OnEndpointDown::reset;
  uint8_t source_host_bits = 0;
  bool source_is_workers = false;  // one of source_addresses; else the kernel's own address
  bool on_link = false;            // reached without a router between
  bool operator==(const EndpointRecord&) const = default;
};
static_assert(sizeof(EndpointRecord) == 64);

inline uint64_t hash_of(const QuicServerId& id) {
  const auto words = id.words();
  return mix(words[0], words[1]);
}

struct alignas(64) ClusterRecord {       // by cluster slot; a removed cluster keeps its slot, empty
  std::shared_ptr<const Maglev> maglev;  // gives an index into `endpoints`; null when empty
  std::vector<EndpointSlot> endpoints;   // ordered by address and port
  // Of draining ones and those of weight 0 too; one that is absent by now may still be in it.
  FlatMap<QuicServerId, EndpointSlot> server_ids;
  // The table of a while ago, not empty and without another before it; null: none.
  std::shared_ptr<const ClusterRecord> previous;

  bool has_table() const { return maglev != nullptr && !maglev->empty(); }
};

struct alignas(64) EndpointPart {
  PagedArray<EndpointRecord> records;
  std::vector<std::shared_ptr<const ClusterRecord>> clusters;  // by cluster slot, null: empty
  FlatMap<ListenerKey, NatReturn> nat_returns;                 // by endpoint address and port
  // By cluster slot; beside the clusters' records, which a change of routes leaves as they are.
  std::vector<uint16_t> path_mtus_bytes;

  // Of all endpoints of the cluster: what reaches each of them. 0: nobody knows.
  uint16_t least_path_mtu_bytes(ClusterSlot slot) const {
    return index(slot) < path_mtus_bytes.size() ? path_mtus_bytes[index(slot)] : uint16_t{0};
  }
  // Null: there is no such cluster.
  const ClusterRecord* cluster(ClusterSlot slot) const {
    return index(slot) < clusters.size() ? clusters[index(slot)].get() : nullptr;
  }
  // Null: nor one with a table to choose from.
  const ClusterRecord* cluster_with_table(ClusterSlot slot) const {
    const ClusterRecord* record = cluster(slot);
    return record != nullptr && record->has_table() ? record : nullptr;
  }

  // Whether the slot belongs to an endpoint: one that takes flows or one that drains. Flows of
  // slots that are absent have no endpoint any more: the sweep removes them.
  bool present(EndpointSlot slot) const {
    return records.has(index(slot)) && records[index(slot)].cluster != none<ClusterSlot>;
  }
};

// ---- routing, mirrored from the kernel

struct NextHop {
  std::array<std::byte, 18> link_header{};  // destination, source, [802.1Q tag,] EtherType
  uint8_t link_header_bytes = 0;            // 14, or 18 with a VLAN tag; 0: unresolved
  uint16_t interface = 0;
  uint16_t mtu_bytes = 0;
  bool operator==(const NextHop&) const = default;
};

struct Neighbour {
  uint16_t interface = 0;
  IpAddress address;
  bool operator==(const Neighbour&) const = default;
};
inline uint64_t hash_of(const Neighbour& neighbour) {
  return mix(hash_of(neighbour.address), neighbour.interface);
}

struct IpRoute {
  uint16_t interface = 0;
  IpAddress gateway;  // unspecified: the destination itself is the neighbour
  uint16_t mtu_bytes = 0;
};

// What routers' answers come from: an interface's own first addresses. Unspecified: it has none.
struct OwnAddresses {
  IpAddress v4;
  IpAddress v6;  // not link-local
};

struct alignas(64) RoutingPart {
  std::vector<NextHop> next_hops;           // index 0 is always unresolved
  FlatMap<Neighbour, uint32_t> neighbours;  // into next_hops
  Lpm<IpRoute> routes;
  std::array<OwnAddresses, interfaces_max> icmp_sources;  // by interface
};

struct alignas(64) Snapshot {
  uint64_t generation = 0;
  std::shared_ptr<const PolicyPart> policy;
  std::shared_ptr<const EndpointPart> endpoints;
  std::shared_ptr<const RoutingPart> routing;
  std::shared_ptr<const PrefixSet> blackholes;  // of sources; null: none
};

}  // namespace weft
