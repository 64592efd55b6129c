// What a listener bounds of its flows: how many begin a second and how many there are, of all its
// clients and of each one. A client is an IPv4 address, or the first 64 bits of an IPv6 address.
// Flows that there are count by the address and L4 port that they go to, so that an entry of a flow
// table says by itself what leaves with it, whatever the configuration is by then; those that began
// before there was a limit are not counted.
// Thread safety: one worker.
#pragma once

#include <cstdint>

#include "dataplane/base/drop.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/table/huge_array.h"
#include "dataplane/table/usage_table.h"
#include "dataplane/wire/headers.h"
#include "pipelines/snapshot.h"

namespace weft {

// Whose flow it is.
struct FlowSides {
  IpAddress client;
  IpAddress listener;
  be16 listener_port;
  bool udp = false;

  static FlowSides of(const Headers& headers) {
    return {headers.source, headers.destination, headers.destination_port,
            headers.protocol == Protocol::udp};
  }
  // Of a flow table's entry.
  template <class Bucket>
  static FlowSides of(const Bucket& bucket, uint32_t i);
};

class FlowLimits {
 public:
  // Clients and listeners that are known at a time; beyond, they go unlimited.
  static constexpr uint32_t keys_max = 1u << 17;

  // Throws std::bad_alloc.
  explicit FlowLimits(const KeyedHash& hash)
      : hash_(hash), usage_(keys_max), next_of_listener_(listeners_max) {}

  // Whether one more flow may begin at the listener; Drop::none: it may, and has taken its tokens.
  // `mine`: the worker's share of the listener's limits.
  Drop take(const FlowSides& sides, const ListenerPolicy& listener, const WorkerShare& mine,
            Instant now) {
    return listener.admission == nullptr ? Drop::none : take_of(sides, listener, mine, now);
  }
  // It began.
  void count(const FlowSides& sides, const ListenerPolicy& listener, Instant now) {
    if (listener.admission != nullptr) count_of(sides, listener.admission->flows, now);
  }
  // Flow i of the bucket is over, whether or not it was counted.
  template <class Bucket>
  void uncount(const Bucket& bucket, uint32_t i) {
    if (counted_ != 0) [[unlikely]] {
      uncount_of(FlowSides::of(bucket, i));
    }
  }

 private:
  Drop take_of(const FlowSides& sides, const ListenerPolicy& listener, const WorkerShare& mine,
               Instant now);
  void count_of(const FlowSides& sides, const ListenerLimits& limits, Instant now);
  void count_one(const Hash128& key, Instant now);
  void uncount_of(const FlowSides& sides);
  uint32_t held(const Hash128& key);
  // Of the flows that there are, or that begin at a listener.
  Hash128 key_of_client(const FlowSides& sides, ListenerSlot begins_at = none<ListenerSlot>) const;
  Hash128 key_of_listener(const FlowSides& sides) const;

  KeyedHash hash_;
  UsageTable usage_;
  HugeArray<Instant> next_of_listener_;  // by listener slot: as in take_token()
  uint64_t counted_ = 0;                 // the sum of what usage_ says is held
};

template <class Bucket>
FlowSides FlowSides::of(const Bucket& bucket, uint32_t i) {
  if constexpr (requires { bucket.flow(i).client_side(); }) {
    const auto& flow = bucket.flow(i);
    const auto listener = flow.listener_side();
    return {flow.client_side().ip(), listener.ip(), listener.port, flow.meta.udp()};
  } else {
    const auto key = bucket.key(i);
    const auto listener_port = be16::from_raw(static_cast<uint16_t>(key.ports >> 16));
    if constexpr (requires { key.source.is_v4(); }) {
      return {key.source, key.destination, listener_port, key.udp};
    } else {
      return {IpAddress::v4(key.source), IpAddress::v4(key.destination), listener_port, key.udp};
    }
  }
}

}  // namespace weft
