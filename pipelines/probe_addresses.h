// The synthetic addresses of probes that go through a listener. The kernel connects from the
// range's own address to an endpoint's; a worker puts the real ones in their place
// (tunnel_probes.h), so none of them is ever on a wire. From the range's first address on:
//   1          the kernel's own, on the first twin
//   2          the neighbour that the kernel sends them to, which is nobody
//   16 + slot  the endpoint's
// Thread safety: values.
#pragma once

#include <optional>

#include "dataplane/base/ids.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

class ProbeRange {
 public:
  static constexpr uint32_t host_bits_min = 21;
  static constexpr uint32_t first_endpoint = 16;
  static_assert(first_endpoint + endpoints_max <= 1u << host_bits_min, "every endpoint has one");

  ProbeRange() = default;  // has no addresses
  // Requires: at least host_bits_min bits beyond the length.
  explicit ProbeRange(const IpPrefix& prefix);

  bool empty() const { return prefix_ == IpPrefix{}; }
  bool contains(const IpAddress& address) const { return !empty() && prefix_.contains(address); }
  const IpPrefix& prefix() const { return prefix_; }
  // Requires (of all below): not empty.
  IpAddress host() const { return plus(1); }
  IpAddress neighbour() const { return plus(2); }
  IpAddress of(EndpointSlot endpoint) const { return plus(first_endpoint + index(endpoint)); }
  // The endpoint whose address it is. Requires: contains(address).
  std::optional<EndpointSlot> endpoint_at(const IpAddress& address) const;

  bool operator==(const ProbeRange&) const = default;

 private:
  IpAddress plus(uint32_t count) const;

  IpPrefix prefix_;
};

struct ProbeRanges {
  ProbeRange v4;
  ProbeRange v6;

  const ProbeRange& of_family(bool is_v4) const { return is_v4 ? v4 : v6; }
  bool contains(const IpAddress& address) const {
    return of_family(address.is_v4()).contains(address);
  }
  bool operator==(const ProbeRanges&) const = default;
};

}  // namespace weft
