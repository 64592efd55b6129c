#include "dataplane/table/peer_flows.h"

#include <bit>

#include "dataplane/base/check.h"

namespace weft {

static constexpr uint64_t endpoint_port_mask = uint64_t{UINT16_MAX} << 32;

PeerFlows::PeerFlows(uint32_t flows_max, const KeyedHash& hash)
    : hash_(hash),
      sets_(flows_max / set_flows),
      tags_(sets_),
      entries_(flows_max),
      told_(flows_max) {
  CHECK(std::has_single_bit(flows_max) && flows_max >= flows_min);
}

PeerFlows::Words PeerFlows::key_of(const IpAddress& client, be16 client_port,
                                   const IpAddress& listener, be16 listener_port) {
  Words words{};
  words[1] = load<uint64_t>(client.bytes().data());
  words[2] = load<uint64_t>(client.bytes().data() + 8);
  words[3] = load<uint64_t>(listener.bytes().data());
  words[4] = load<uint64_t>(listener.bytes().data() + 8);
  words[7] = client_port.raw | uint64_t{listener_port.raw} << 16;
  return words;
}

PeerFlows::Where PeerFlows::where(const Words& key) const {
  const auto pair = [](uint64_t low, uint64_t high) {
    return _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
  };
  const Hash128 h =
      hash_(pair(key[1], key[2]), pair(key[3], key[4]), pair(key[7] & ~endpoint_port_mask, 0));
  return {static_cast<uint32_t>(h.low) & (sets_ - 1),
          static_cast<uint16_t>((h.high & UINT16_MAX) | 1)};
}

bool PeerFlows::same_key(const Words& a, const Words& b) {
  return a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] &&
         ((a[7] ^ b[7]) & ~endpoint_port_mask) == 0;
}

// Acquiring loads see what was stored before each of those words, the odd version among it.
bool PeerFlows::read(const Entry& entry, Words& words) {
  words[0] = entry.words[0].load(std::memory_order_acquire);
  if ((words[0] & 1) != 0) return false;
  for (uint32_t i = 1; i < words.size(); ++i) {
    words[i] = entry.words[i].load(std::memory_order_acquire);
  }
  return entry.words[0].load(std::memory_order_relaxed) == words[0];
}

void PeerFlows::write(uint32_t set, uint32_t i, const Words& words, uint16_t tag) {
  Entry& entry = entries_[set * set_flows + i];
  const auto version = static_cast<uint32_t>(entry.words[0].load(std::memory_order_relaxed));
  entry.words[0].store(version + 1, std::memory_order_relaxed);
  for (uint32_t w = 1; w < words.size(); ++w) {
    entry.words[w].store(words[w], std::memory_order_release);
  }
  entry.words[0].store(words[0] << 32 | (version + 2), std::memory_order_release);
  tags_[set][i].store(tag, std::memory_order_relaxed);
}

void PeerFlows::remove(uint32_t set, uint32_t i) {
  tags_[set][i].store(0, std::memory_order_relaxed);
  size_.store(size() - 1, std::memory_order_relaxed);
}

std::optional<PeerFlows::Place> PeerFlows::find(const IpAddress& client, be16 client_port,
                                                const IpAddress& listener,
                                                be16 listener_port) const {
  if (size() == 0) return std::nullopt;
  const Words key = key_of(client, client_port, listener, listener_port);
  const auto [set, tag] = where(key);
  for (uint32_t i = 0; i < set_flows; ++i) {
    if (tags_[set][i].load(std::memory_order_relaxed) != tag) continue;
    Words words;
    if (!read(entries_[set * set_flows + i], words) || !same_key(words, key)) continue;
    Place place{static_cast<EndpointSlot>(words[0] >> 32), {}, be16::from_raw(words[7] >> 32)};
    std::array<std::byte, 16> address;
    store(address.data(), words[5]);
    store(address.data() + 8, words[6]);
    place.endpoint = IpAddress::v6(address.data());
    return place;
  }
  return std::nullopt;
}

PeerFlows::Put PeerFlows::put(const PlacedFlow& flow, const Told& told, EndpointSlot& lost) {
  lost = none<EndpointSlot>;
  Words words = key_of(flow.client, flow.client_port, flow.listener, flow.listener_port);
  const auto [set, tag] = where(words);
  words[0] = index(told.slot);
  words[5] = load<uint64_t>(flow.endpoint.bytes().data());
  words[6] = load<uint64_t>(flow.endpoint.bytes().data() + 8);
  words[7] |= uint64_t{flow.endpoint_port.raw} << 32;
  uint32_t place = 0;
  Put put = Put::replaced;
  for (uint32_t i = 0; i < set_flows; ++i) {
    Words there;
    const uint16_t its = tags_[set][i].load(std::memory_order_relaxed);
    if (its == tag && read(entries_[set * set_flows + i], there) && same_key(there, words)) {
      place = i;
      put = Put::renewed;
      break;
    }
    if (put == Put::added) continue;
    const bool older = told_[set * set_flows + i].at < told_[set * set_flows + place].at;
    if (its == 0) put = Put::added;
    if (its == 0 || older) place = i;
  }
  Told& its = told_[set * set_flows + place];
  if (put != Put::added && (put == Put::replaced || its.slot != told.slot)) lost = its.slot;
  its = told;
  write(set, place, words, tag);
  if (put == Put::added) size_.store(size() + 1, std::memory_order_relaxed);
  return put;
}

}  // namespace weft
