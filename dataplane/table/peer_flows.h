// Where other gateways of the fleet have TCP flows that this one would place elsewhere: mgmt writes
// what peers tell, every worker looks up what it finds no entry for. Sets of eight entries under a
// keyed hash, beside them 16 bits of each entry's hash in one array, so that a flow that is not
// here costs one cache line. A full set gives up what was told longest ago. Memory is touched where
// used. Thread safety: one writer, any readers; an entry that is being written is not found.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/table/huge_array.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

// A TCP flow of a listener, and the endpoint that has it, by names that every gateway knows.
struct PlacedFlow {
  IpAddress client;
  IpAddress listener;
  IpAddress endpoint;
  be16 client_port;
  be16 listener_port;
  be16 endpoint_port;
  bool operator==(const PlacedFlow&) const = default;
};

class PeerFlows {
 public:
  // Where to, by this gateway's slot as mgmt knew it; the reader checks that it is that endpoint's.
  struct Place {
    EndpointSlot slot = none<EndpointSlot>;
    IpAddress endpoint;
    be16 endpoint_port;
  };
  // Who told of a flow, in one number.
  using Teller = uint32_t;
  struct Told {
    Teller teller = 0;
    Instant at;  // last
    EndpointSlot slot = none<EndpointSlot>;
  };
  enum class Put : uint8_t { added, renewed, replaced };

  static constexpr uint32_t flows_min = 64;

  // Room for flows_max. Requires: a power of two, at least flows_min. Throws std::bad_alloc.
  PeerFlows(uint32_t flows_max, const KeyedHash& hash);

  // ---- any thread
  std::optional<Place> find(const IpAddress& client, be16 client_port, const IpAddress& listener,
                            be16 listener_port) const;
  uint32_t size() const { return size_.load(std::memory_order_relaxed); }
  uint32_t flows_max() const { return sets_ * set_flows; }

  // ---- the writer
  // `lost`: the slot of an entry that had to go, or that the flow had until now, if it is another.
  Put put(const PlacedFlow& flow, const Told& told, EndpointSlot& lost);
  // Calls with `ended(Told)` for the entries of the next sets of an endless round; those for which
  // it is true are removed.
  template <class Ended>
  void sweep(uint32_t sets, Ended ended) {
    for (; sets > 0; --sets, ++swept_) {
      const uint32_t set = swept_ & (sets_ - 1);
      for (uint32_t i = 0; i < set_flows; ++i) {
        if (tags_[set][i].load(std::memory_order_relaxed) == 0) continue;
        if (ended(told_[set * set_flows + i])) remove(set, i);
      }
    }
  }
  uint32_t sets() const { return sets_; }

 private:
  static constexpr uint32_t set_flows = 8;
  static constexpr uint32_t entry_words = 8;
  // Slot and version, client, listener, endpoint, ports. An odd version: it is being written.
  struct alignas(64) Entry {
    std::array<std::atomic<uint64_t>, entry_words> words;
  };
  using Words = std::array<uint64_t, entry_words>;
  using Tags = std::array<std::atomic<uint16_t>, set_flows>;

  struct Where {
    uint32_t set;
    uint16_t tag;  // not 0
  };
  Where where(const Words& key) const;
  static Words key_of(const IpAddress& client, be16 client_port, const IpAddress& listener,
                      be16 listener_port);
  static bool read(const Entry& entry, Words& words);
  static bool same_key(const Words& a, const Words& b);
  void write(uint32_t set, uint32_t i, const Words& words, uint16_t tag);
  void remove(uint32_t set, uint32_t i);

  const KeyedHash hash_;
  const uint32_t sets_;
  HugeArray<Tags> tags_;           // the writer writes; 0: free
  HugeArray<Entry> entries_;       // the writer writes
  HugeArray<Told> told_;           // the writer's alone
  std::atomic<uint32_t> size_{0};  // the writer writes
  uint32_t swept_ = 0;
};

}  // namespace weft
