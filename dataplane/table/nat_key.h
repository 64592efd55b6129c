// What nat and fullnat flows are looked up by, and what is the same in the entries of both
// families.
//
// A nat flow is one entry: the hash covers the client's side alone, so that a packet to the
// listener and the endpoint's reply meet in it. A fullnat flow is two: a reply goes to a source
// address of ours and does not say who the client is. `there` is found by client and listener,
// `back` by source and endpoint; both hold all four sockets, state and age, and come and go
// together.
#pragma once

#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/table/socket.h"
#include "dataplane/wire/headers.h"

namespace weft {

// Whose packet is looked up.
enum class NatSide : uint8_t {
  client,    // to a listener
  endpoint,  // nat: an endpoint's reply, to the client's address
  source,    // fullnat: an endpoint's reply, to a source address of ours
};

enum class NatEntry : uint8_t { nat, there, back };

// A source address is one of a prefix that the endpoint decides: an entry keeps its last bits only.
inline constexpr uint32_t source_host_bits_max = 12;
inline constexpr uint32_t source_host_mask = (1u << source_host_bits_max) - 1;

inline uint32_t source_host(const IpAddress& address) {
  return load<be16>(&address.bytes()[14]).host() & source_host_mask;
}

template <class Socket>
struct NatKey {
  Socket client;  // of NatSide::source: the source address, of which the last bits count
  Socket peer;    // the listener's side; of a reply the endpoint's
  bool udp = false;
  NatSide side = NatSide::client;

  static NatKey of(const Headers& headers, NatSide side) {
    const auto source = Socket::of(headers.source, headers.source_port);
    const auto destination = Socket::of(headers.destination, headers.destination_port);
    const bool udp = headers.protocol == Protocol::udp;
    if (side == NatSide::client) return {source, destination, udp, side};
    return {destination, source, udp, side};
  }
};
using NatKey4 = NatKey<Socket4>;
using NatKey6 = NatKey<Socket6>;

// What an entry holds beside its sockets.
struct NatMarks {
  uint32_t listener : 14 = 0;  // the listener's slot
  uint32_t client_closed : 1 = 0;
  uint32_t endpoint_closed : 1 = 0;  // it sent a FIN
  uint32_t source_host : source_host_bits_max = 0;
  uint32_t entry : 2 = 0;
  uint32_t endpoint_spoke : 1 = 0;  // it sent more than its SYN
  uint32_t shifted : 1 = 0;         // its two sides count differently: whoever owns the table knows

  NatEntry kind() const { return static_cast<NatEntry>(entry); }
};
static_assert(sizeof(NatMarks) == 4 && listeners_max <= 1u << 14);

// Whether a packet of this side (client or endpoint) may belong to an entry of that kind.
constexpr bool has_side(NatEntry entry, NatSide side) {
  return side == NatSide::client ? entry != NatEntry::back : entry == NatEntry::nat;
}

}  // namespace weft
