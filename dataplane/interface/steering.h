// Which worker owns a packet's flow. 1024 buckets, a map from bucket to worker in the snapshot.
// To a listener: source address and port. To a source address: destination address and port.
// Otherwise (a reply on its way to a client): destination address and port. ICMP error: the quoted
// packet, reversed. A piece of a datagram: first to whoever knows the datagram, by source,
// destination, id, IPv4 protocol; then as any packet. (ARCHITECTURE.md, decision 6)
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/keyed_hash.h"
#include "dataplane/wire/headers.h"

namespace weft {

inline constexpr uint32_t steering_buckets = 1024;

using SteeringMap = std::array<uint8_t, steering_buckets>;

// Every worker gets an equal share of the buckets, to one bucket.
SteeringMap equal_shares(uint32_t workers);

namespace steering {

// The bucket of a packet. `to_listener`: its destination is a listener's address. Packets without
// L4 ports count as having port 0. Of an ICMP error, pass the headers of the packet it quotes with
// source and destination swapped: so would a packet of that flow look that came the error's way.
uint32_t owner(const Headers& headers, bool to_listener, const KeyedHash& hash);

// What tells datagrams in pieces apart. Requires: a piece's headers.
Hash128 datagram_hash(const Headers& headers, const KeyedHash& hash);
// The bucket in which all pieces of a datagram meet. Requires: a piece's headers.
uint32_t datagram_owner(const Headers& headers, const KeyedHash& hash);

}  // namespace steering
}  // namespace weft
