// An address and port of one family, as flow tables keep them.
#pragma once

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

struct Socket4 {
  be32 address;
  be16 port;

  // Requires: an IPv4 address.
  static Socket4 of(const IpAddress& address, be16 port) { return {address.v4(), port}; }
  IpAddress ip() const { return IpAddress::v4(address); }
  bool operator==(const Socket4&) const = default;
};

struct Socket6 {
  IpAddress address;
  be16 port;

  static Socket6 of(const IpAddress& address, be16 port) { return {address, port}; }
  const IpAddress& ip() const { return address; }
  bool operator==(const Socket6&) const = default;
};

}  // namespace weft
