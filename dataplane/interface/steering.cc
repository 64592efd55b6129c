#include "dataplane/interface/steering.h"

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"

namespace weft {

SteeringMap equal_shares(uint32_t workers) {
  CHECK(workers > 0 && workers <= workers_max);
  SteeringMap map;
  for (uint32_t bucket = 0; bucket < steering_buckets; ++bucket) {
    map[bucket] = static_cast<uint8_t>(bucket % workers);
  }
  return map;
}

namespace steering {
namespace {

__m128i block(const IpAddress& address) {
  return load<__m128i>(address.bytes().data());
}

uint32_t bucket(Hash128 hash) {
  return static_cast<uint32_t>(hash.low % steering_buckets);
}

}  // namespace

uint32_t owner(const Headers& headers, bool to_listener, const KeyedHash& hash) {
  const IpAddress& address = to_listener ? headers.source : headers.destination;
  const be16 port = to_listener ? headers.source_port : headers.destination_port;
  return bucket(hash(block(address), _mm_cvtsi32_si128(has_ports(headers) ? port.raw : 0)));
}

Hash128 datagram_hash(const Headers& headers, const KeyedHash& hash) {
  // RFC 8200, 4.5: what tells datagrams of IPv6 apart has no protocol.
  const uint8_t protocol = headers.v4 ? static_cast<uint8_t>(headers.protocol) : 0;
  const __m128i datagram =
      _mm_set_epi64x(int64_t{protocol}, static_cast<int64_t>(headers.datagram_id));
  return hash(block(headers.source), block(headers.destination), datagram);
}

uint32_t datagram_owner(const Headers& headers, const KeyedHash& hash) {
  return bucket(datagram_hash(headers, hash));
}

}  // namespace steering
}  // namespace weft
