#include "pipelines/probe_addresses.h"

#include "dataplane/base/check.h"

namespace weft {

static constexpr std::size_t last_word = 12;  // in bytes

ProbeRange::ProbeRange(const IpPrefix& prefix) : prefix_(prefix) {
  CHECK(prefix.length() + host_bits_min <= prefix.address().family_bits());
}

IpAddress ProbeRange::plus(uint32_t count) const {
  std::array<std::byte, 16> bytes = prefix_.address().bytes();
  store(&bytes[last_word], be32(load<be32>(&bytes[last_word]).host() + count));
  return IpAddress::v6(bytes.data());
}

std::optional<EndpointSlot> ProbeRange::endpoint_at(const IpAddress& address) const {
  const uint32_t count = load<be32>(&address.bytes()[last_word]).host() -
                         load<be32>(&prefix_.address().bytes()[last_word]).host();
  if (count < first_endpoint || count - first_endpoint >= endpoints_max) return std::nullopt;
  const EndpointSlot endpoint{count - first_endpoint};
  if (of(endpoint) != address) return std::nullopt;  // a longer IPv6 range has others above
  return endpoint;
}

}  // namespace weft
