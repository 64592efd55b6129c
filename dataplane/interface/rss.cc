#include "dataplane/interface/rss.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/interface/driver_log.h"

namespace weft {
namespace {

struct PacketKind {
  std::string_view name;
  uint64_t types;
};

// Those that matter most come first. Extension headers of IPv6 that name another address are not
// looked at here, so they are no part of any.
constexpr PacketKind kinds[] = {
    {"TCP/IPv4", RTE_ETH_RSS_NONFRAG_IPV4_TCP},
    {"UDP/IPv4", RTE_ETH_RSS_NONFRAG_IPV4_UDP},
    {"TCP/IPv6", RTE_ETH_RSS_NONFRAG_IPV6_TCP},
    {"UDP/IPv6", RTE_ETH_RSS_NONFRAG_IPV6_UDP},
    {"other IPv4", RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER},
    {"other IPv6", RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER},
};

using Kinds = std::span<const PacketKind>;

std::vector<PacketKind> kinds_among(uint64_t types) {
  std::vector<PacketKind> some;
  for (const PacketKind& kind : kinds) {
    if ((kind.types & types) != 0) some.push_back({kind.name, kind.types & types});
  }
  return some;
}

uint64_t types_of(Kinds some) {
  uint64_t types = 0;
  for (const PacketKind& kind : some) types |= kind.types;
  return types;
}

std::string names(Kinds some) {
  std::string names;
  for (const PacketKind& kind : some) {
    if (!names.empty()) names += ", ";
    names += kind.name;
  }
  return names;
}

std::string reason(const DriverLog& log, int code) {
  const std::string said = reason_in(log.lines());
  return said.empty() ? rte_strerror(-code) : said;
}

int set_key_of(uint16_t port, std::span<const uint8_t> key, uint64_t types) {
  std::vector<uint8_t> copy(key.begin(), key.end());
  rte_eth_rss_conf wanted{};
  wanted.rss_key = copy.data();
  wanted.rss_key_len = static_cast<uint8_t>(copy.size());
  wanted.rss_hf = types;
  return rte_eth_dev_rss_hash_update(port, &wanted);
}

int set_table_of(uint16_t port, std::span<const uint16_t> queues) {
  std::vector<rte_eth_rss_reta_entry64> table(queues.size() / RTE_ETH_RETA_GROUP_SIZE);
  for (std::size_t entry = 0; entry < queues.size(); ++entry) {
    rte_eth_rss_reta_entry64& group = table[entry / RTE_ETH_RETA_GROUP_SIZE];
    group.mask = UINT64_MAX;
    group.reta[entry % RTE_ETH_RETA_GROUP_SIZE] = queues[entry];
  }
  return rte_eth_dev_rss_reta_update(port, table.data(), static_cast<uint16_t>(queues.size()));
}

}  // namespace

uint32_t RssDevice::bits() const {
  const bool usable = std::has_single_bit(entries) && entries >= 1u << SteeringShape::bits_min &&
                      key_bytes >= sizeof(RssKey) && !kinds_among(types).empty();
  if (!usable) return 0;
  return std::min<uint32_t>(SteeringShape::bits_max, std::countr_zero(entries));
}

RssDevice rss_of(uint16_t port) {
  rte_eth_dev_info info{};
  if (rte_eth_dev_info_get(port, &info) != 0) return {};
  const auto any_length = static_cast<uint8_t>(sizeof(RssKey));
  return {.entries = info.reta_size,
          .key_bytes = info.hash_key_size == 0 ? any_length : info.hash_key_size,
          .types = info.flow_type_rss_offloads,
          .set_key = [port](auto key, uint64_t types) { return set_key_of(port, key, types); },
          .set_table = [port](auto queues) { return set_table_of(port, queues); }};
}

RssReport set_up_rss(const RssDevice& device, const SteeringHash& hash, RssSide side,
                     std::span<const uint16_t> queues) {
  CHECK(queues.size() == 1u << hash.bits() && hash.bits() <= device.bits());
  const DriverLog log;
  // A larger table than the hash chooses from repeats.
  std::vector<uint16_t> table(device.entries);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = queues[i % queues.size()];
  if (const int code = device.set_table(table); code != 0) {
    return {false, "the driver refuses the table of queues: " + reason(log, code)};
  }
  std::vector<uint8_t> key(device.key_bytes);
  std::ranges::copy(hash.rss_key(side), key.begin());
  const std::vector<PacketKind> supported = kinds_among(device.types);
  Kinds hashed(supported);
  int refusal = 0;
  while (!hashed.empty()) {
    const int code = device.set_key(key, types_of(hashed));
    if (code == 0) break;
    refusal = code;
    hashed = hashed.first(hashed.size() - 1);
  }
  if (hashed.empty()) return {false, "the driver refuses the key: " + reason(log, refusal)};
  std::string text =
      fmt::format("by {}, {} entries: {}", side == RssSide::source ? "source" : "destination",
                  device.entries, names(hashed));
  if (hashed.size() < supported.size()) {
    text += fmt::format("; the driver refuses {}: {}",
                        names(Kinds(supported).subspan(hashed.size())), reason(log, refusal));
  }
  return {true, text};
}

}  // namespace weft
