// Sets a device's RSS up so that packets arrive at the worker that owns them (steering_hash.h). It
// only saves hand-offs: the workers compute owners themselves, so whatever a device cannot do, or
// does otherwise than it says, is handed over. Nothing here makes a device fail to start.
// Thread safety: the thread that starts up.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "dataplane/interface/steering_hash.h"

namespace weft {

struct RssDevice {
  uint32_t entries = 0;  // of its table of queues; 0: it has none
  uint32_t key_bytes = 0;
  uint64_t types = 0;  // of packets that it hashes: RTE_ETH_RSS_*
  // 0, or a negative errno.
  std::function<int(std::span<const uint8_t> key, uint64_t types)> set_key;
  std::function<int(std::span<const uint16_t> queues)> set_table;  // `entries` of them

  // What chooses an entry, at most SteeringShape::bits_max; 0: the device has no table or too small
  // a one, or hashes nothing, or takes no key as long as IPv6 needs.
  uint32_t bits() const;
};

// Requires: the device is started, with RSS and as many queues as set_table will name.
RssDevice rss_of(uint16_t port);

struct RssReport {
  bool steers = false;
  // "by source, 128 entries: TCP/IPv4, UDP/IPv4; the driver refuses TCP/IPv6: not supported", or
  // why it does not: "the driver refuses the key: not supported".
  std::string text;
};

// `queues`: of each entry of the hash (SteeringHash::rss_entry), 1 << hash.bits() of them. Kinds of
// packets that the device does not hash, or refuses to, are left out one by one, those that matter
// least first. Requires: hash.bits() <= device.bits().
RssReport set_up_rss(const RssDevice& device, const SteeringHash& hash, RssSide side,
                     std::span<const uint16_t> queues);

}  // namespace weft
