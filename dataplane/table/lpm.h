// Longest-prefix match over IPv4 and IPv6: one FlatMap for each prefix length that occurs, tried
// from the longest. A lookup costs one probe for each length in use, which for a gateway's own
// routes and listeners is two to four. Rejected: rte_lpm, whose IPv4 table takes 64 MiB for every
// version that lives. Copies share the maps. Thread safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/table/flat_map.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

template <class Value>
class Lpm {
 public:
  using Item = std::pair<IpPrefix, Value>;

  Lpm() = default;
  // Of items with equal prefixes the first counts.
  explicit Lpm(std::span<const Item> items) {
    std::map<uint32_t, std::vector<std::pair<IpAddress, Value>>, std::greater<>> by_length[2];
    for (const auto& [prefix, value] : items) {
      by_length[prefix.address().is_v4()][prefix.length()].emplace_back(prefix.address(), value);
    }
    for (int v4 : {0, 1}) {
      for (const auto& [length, entries] : by_length[v4]) {
        levels_[v4].push_back({Mask(length + (v4 ? 96 : 0)), FlatMap<IpAddress, Value>(entries)});
      }
    }
  }

  // The value of the longest prefix that contains the address; null when none does.
  const Value* find(const IpAddress& address) const {
    return find_if(address, [](const Value&) { return true; });
  }
  // The same, of those that `accept` takes.
  template <class Accept>
  const Value* find_if(const IpAddress& address, Accept accept) const {
    for (const Level& level : levels_[address.is_v4()]) {
      const Value* value = level.map.find(level.mask.of(address));
      if (value != nullptr && accept(*value)) return value;
    }
    return nullptr;
  }
  bool empty() const { return levels_[0].empty() && levels_[1].empty(); }

 private:
  // The first bits of an address, 16 bytes at once.
  class Mask {
   public:
    explicit Mask(uint32_t bits) {
      for (uint32_t bit = 0; bit < bits; ++bit) bytes_[bit / 8] |= std::byte(0x80u >> bit % 8);
    }
    IpAddress of(const IpAddress& address) const {
      std::array<std::byte, 16> kept;
      for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = address.bytes()[i] & bytes_[i];
      return IpAddress::v6(kept.data());
    }

   private:
    std::array<std::byte, 16> bytes_{};
  };
  struct Level {
    Mask mask;
    FlatMap<IpAddress, Value> map;
  };
  std::array<std::vector<Level>, 2> levels_;  // IPv6, IPv4; longest first
};

}  // namespace weft
