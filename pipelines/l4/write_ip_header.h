// The IP header of a packet of our own.
#pragma once

#include "dataplane/wire/headers.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/packet.h"

namespace weft {

// Bytes of the header of that family that write_ip_header writes.
constexpr uint32_t own_ip_header_bytes(bool v4) {
  return v4 ? Ipv4View::header_bytes_min : Ipv6View::header_bytes;
}

// Writes a fresh header at headers.ip_offset, with what `headers` says of addresses, length and
// protocol; sets their TTL, and that it is not to be fragmented.
void write_ip_header(Packet packet, Headers& headers);

// The length of a packet that is there changes to `ip_bytes`, the header's checksum with it.
void write_ip_bytes(Packet packet, Headers& headers, uint32_t ip_bytes);

}  // namespace weft
