#include "dataplane/interface/steering.h"

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

SteeringMap equal_shares(uint32_t workers) {
  CHECK(workers > 0 && workers <= workers_max);
  SteeringMap map;
  for (uint32_t bucket = 0; bucket < steering_buckets; ++bucket) {
    map[bucket] = static_cast<uint8_t>(entry_of(bucket) * workers / steering_buckets);
  }
  return map;
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
