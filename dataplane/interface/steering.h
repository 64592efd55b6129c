// Which worker owns a packet's flow. 1024 buckets, a map from bucket to worker in the snapshot.
// To a nat listener: the client's address and port, as they are all that an endpoint's reply tells.
// To another listener, or to a source address: the sender's address and port, and the chosen bits
// of the port it goes to: what a device's RSS queues it by (steering_hash.h). Otherwise (a nat
// reply on its way to a client): destination address and port. ICMP error: the quoted packet,
// reversed. A piece of a datagram: first to whoever knows the datagram, by source, destination, id,
// IPv4 protocol; then as any packet. (ARCHITECTURE.md, decision 6)
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/base/keyed_hash.h"
#include "dataplane/interface/steering_hash.h"
#include "dataplane/wire/headers.h"

namespace weft {

inline constexpr uint32_t steering_buckets = 1u << SteeringShape::bits_max;

using SteeringMap = std::array<uint8_t, steering_buckets>;

// Every worker gets its share of the buckets, to one bucket, and also of the first 1 << n of
// them for every n: a hash of fewer bits names no others. The workers lie in the order of a
// device's table, each on a run of entries, so that the chosen bits, which change the first bits of
// an entry's number first, reach them all.
// Requires: the weights of 1 to workers_max workers, at least one of them above 0.
SteeringMap shares_of(std::span<const uint16_t> weights);
SteeringMap equal_shares(uint32_t workers);

namespace steering {

enum class Way : uint8_t {
  to_nat_listener,  // by the source
  as_it_came,       // by the source and the chosen bits of the destination's port
  to_client,        // by the destination
};

// The bucket of a packet. Packets without L4 ports count as having port 0. Of an ICMP error, pass
// the headers of the packet it quotes with source and destination swapped: so would a packet of
// that flow look that came the error's way.
[[gnu::target("pclmul")]] inline uint32_t owner(const Headers& headers, Way way,
                                                const SteeringHash& hash) {
  const bool by_source = way != Way::to_client;
  const IpAddress& address = by_source ? headers.source : headers.destination;
  const be16 port = by_source ? headers.source_port : headers.destination_port;
  const be16 none{};
  if (!has_ports(headers)) return hash.of(address, none);
  return hash.of(address, port, way == Way::as_it_came ? headers.destination_port : none);
}

// What tells datagrams in pieces apart. Requires: a piece's headers.
Hash128 datagram_hash(const Headers& headers, const KeyedHash& hash);
// The bucket in which all pieces of a datagram meet. Requires: a piece's headers.
uint32_t datagram_owner(const Headers& headers, const KeyedHash& hash);

}  // namespace steering
}  // namespace weft
