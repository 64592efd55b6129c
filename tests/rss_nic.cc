#include "tests/rss_nic.h"

#include <rte_ethdev.h>
#include <rte_thash.h>

#include <cerrno>
#include <optional>

#include "tests/packet_decoder.h"

namespace weft::test {

static constexpr int tcp = 6;
static constexpr int udp = 17;
static constexpr uint64_t all_types = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;

RssDevice RssNic::device() {
  return {.entries = entries_,
          .key_bytes = 52,
          .types = all_types,
          .set_key =
              [this](std::span<const uint8_t> key, uint64_t types) {
                if ((types & refused_types) != 0) return -ENOTSUP;
                key_.assign(key.begin(), key.end());
                types_ = types;
                return 0;
              },
          .set_table =
              [this](std::span<const uint16_t> queues) {
                if (refuses_table) return -ENOTSUP;
                table_.assign(queues.begin(), queues.end());
                return 0;
              }};
}

static uint64_t type_of(const Decoded& frame, bool ports) {
  if (frame.version == 4) {
    if (!ports) return RTE_ETH_RSS_IPV4;
    return frame.protocol == tcp ? RTE_ETH_RSS_NONFRAG_IPV4_TCP : RTE_ETH_RSS_NONFRAG_IPV4_UDP;
  }
  if (!ports) return RTE_ETH_RSS_IPV6;
  return frame.protocol == tcp ? RTE_ETH_RSS_NONFRAG_IPV6_TCP : RTE_ETH_RSS_NONFRAG_IPV6_UDP;
}

uint16_t RssNic::queue_of(std::span<const std::byte> bytes) const {
  const Decoded frame = decode(bytes);
  const bool piece = frame.more_fragments || frame.fragment_offset_bytes != 0;
  const bool ports = !piece && (frame.protocol == tcp || frame.protocol == udp);
  if (frame.version == 0 || (type_of(frame, ports) & types_) == 0) return 0;
  std::vector<uint32_t> input;
  for (const std::string& text : {frame.source, frame.destination}) {
    const IpAddress address = IpAddress::parse(text).value();
    for (uint32_t n = frame.version == 4 ? 3 : 0; n < 4; ++n) {
      input.push_back(load<be32>(&address.bytes()[4 * n]).host());
    }
  }
  if (ports) {
    input.push_back(static_cast<uint32_t>(frame.source_port) << 16 |
                    static_cast<uint32_t>(frame.destination_port));
  }
  const uint32_t hash = rte_softrss(input.data(), static_cast<uint32_t>(input.size()), key_.data());
  return table_[hash % table_.size()];
}

}  // namespace weft::test
