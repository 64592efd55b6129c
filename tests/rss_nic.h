// A device with RSS for tests: takes a key and a table of queues as a driver would, and says by
// DPDK's own software hash on which queue a frame arrives; pieces of datagrams go by their
// addresses alone. It may be told to refuse kinds of packets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/interface/rss.h"

namespace weft::test {

class RssNic {
 public:
  explicit RssNic(uint32_t entries) : entries_(entries) {}

  uint64_t refused_types = 0;  // keys for any of these are refused with ENOTSUP
  bool refuses_table = false;

  // For set_up_rss. Used no longer than this lives.
  RssDevice device();
  // 0 for what it does not hash.
  uint16_t queue_of(std::span<const std::byte> frame) const;

  uint64_t types() const { return types_; }
  const std::vector<uint8_t>& key() const { return key_; }
  const std::vector<uint16_t>& table() const { return table_; }

 private:
  uint32_t entries_;
  uint64_t types_ = 0;
  std::vector<uint8_t> key_;
  std::vector<uint16_t> table_;
};

}  // namespace weft::test
