#include "mgmt/model/usable_address.h"

namespace weft::mgmt {

std::string_view unusable(const IpAddress& address) {
  if (address.is_unspecified()) return "is the unspecified address";
  if (address.is_multicast()) return "is a multicast address";
  if (address.is_loopback()) return "is a loopback address";
  if (!address.is_v4()) return {};
  const uint32_t host = address.v4().host();
  if (host >> 24 == 0) return "is in 0.0.0.0/8, which no host has";
  if (host >> 28 == 0xf) return "is in 240.0.0.0/4, which no host has";
  return {};
}

bool is_link_local(const IpAddress& address) {
  static const IpPrefix link_local = *IpPrefix::parse("fe80::/10");
  return link_local.contains(address);
}

}  // namespace weft::mgmt
