// What the stages decided about each packet of a burst, beside Headers, which say what it is.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/ids.h"
#include "dataplane/wire/burst.h"
#include "dataplane/wire/ip_address.h"
#include "pipelines/snapshot.h"

namespace weft {

enum class Direction : uint8_t {
  to_endpoint,  // from a client to a listener
  to_client,    // an endpoint's reply through nat
};

// The first cache line is what every packet needs.
struct alignas(64) Decision {
  // match_listener
  const ListenerPolicy* listener = nullptr;   // to_endpoint only
  AddressOwner owner = AddressOwner::nobody;  // of the destination
  Direction direction = Direction::to_endpoint;
  bool rewrites_both = false;    // fullnat: near_* is to be written as well
  bool has_hop_address = false;  // direct: hop_address says where it goes, not its destination
  EndpointSlot by_id = none<EndpointSlot>;  // route_quic: what the connection id names
  // track_flow, pick_endpoint
  EndpointSlot endpoint = none<EndpointSlot>;
  ListenerSlot listener_slot = none<ListenerSlot>;
  const EndpointRecord* record = nullptr;  // of the endpoint; to_endpoint only
  // nat: to_endpoint the destination to write, to_client the source
  be16 rewrite_port;
  bool adds_client_address = false;  // fullnat: the endpoint may not know yet whose flow it is
  bool shifted = false;              // nat: the two sides count differently (streams.h)
  IpAddress rewrite_address;
  // forward
  uint32_t next_hop = 0;   // index into RoutingPart::next_hops; 0: by the packet's destination
  uint16_t mtu_bytes = 0;  // of the way there; 0: unknown
  // fullnat: to_endpoint the source to write, to_client the destination
  alignas(64) IpAddress near_address;
  be16 near_port;
  IpAddress hop_address;

  // Nothing decided yet. Field by field: the copy of a fresh object would wait for its own stores.
  void clear() {
    listener = nullptr;
    owner = AddressOwner::nobody;
    direction = Direction::to_endpoint;
    rewrites_both = false;
    adds_client_address = false;
    shifted = false;
    has_hop_address = false;
    by_id = none<EndpointSlot>;
    endpoint = none<EndpointSlot>;
    listener_slot = none<ListenerSlot>;
    next_hop = 0;
  }
};
static_assert(sizeof(Decision) == 128);

using Decisions = std::array<Decision, Burst::packets_max>;

}  // namespace weft
