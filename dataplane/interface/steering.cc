#include "dataplane/interface/steering.h"

#include <numeric>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"

namespace weft {

// The entry of a device's table of 1024 that a bucket stands for: its bits the other way round.
static uint32_t entry_of(uint32_t bucket) {
  uint32_t entry = 0;
  for (uint32_t bit = 1; bit < steering_buckets; bit <<= 1, bucket >>= 1) {
    entry = entry << 1 | (bucket & 1);
  }
  return entry;
}

SteeringMap shares_of(std::span<const uint16_t> weights) {
  CHECK(!weights.empty() && weights.size() <= workers_max);
  const uint32_t whole = std::accumulate(weights.begin(), weights.end(), 0u);
  CHECK(whole > 0);
  std::array<uint8_t, steering_buckets> by_entry;
  uint32_t entry = 0;
  uint32_t upto = 0;  // the weights of the workers so far
  for (std::size_t worker = 0; worker < weights.size(); ++worker) {
    upto += weights[worker];
    // Up to the first whose part of the whole is not below: ceil(buckets * upto / whole).
    const uint32_t end = (steering_buckets * upto + whole - 1) / whole;
    for (; entry < end; ++entry) by_entry[entry] = static_cast<uint8_t>(worker);
  }
  SteeringMap map;
  for (uint32_t bucket = 0; bucket < steering_buckets; ++bucket) {
    map[bucket] = by_entry[entry_of(bucket)];
  }
  return map;
}

SteeringMap equal_shares(uint32_t workers) {
  return shares_of(std::vector<uint16_t>(workers, 1));
}

namespace steering {

Hash128 datagram_hash(const Headers& headers, const KeyedHash& hash) {
  // RFC 8200, 4.5: what tells datagrams of IPv6 apart has no protocol.
  const uint8_t protocol = headers.v4 ? static_cast<uint8_t>(headers.protocol) : 0;
  const __m128i datagram =
      _mm_set_epi64x(int64_t{protocol}, static_cast<int64_t>(headers.datagram_id));
  const auto block = [](const IpAddress& address) { return load<__m128i>(address.bytes().data()); };
  return hash(block(headers.source), block(headers.destination), datagram);
}

uint32_t datagram_owner(const Headers& headers, const KeyedHash& hash) {
  return static_cast<uint32_t>(datagram_hash(headers, hash).low % steering_buckets);
}

}  // namespace steering
}  // namespace weft
