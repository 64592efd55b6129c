#include "pipelines/probe_addresses.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}
ProbeRange range(const char* prefix) {
  return ProbeRange(*IpPrefix::parse(prefix));
}

TEST(ProbeRange, HasAnAddressForTheKernelAndForEveryEndpoint) {
  for (const char* prefix : {"240.0.0.0/11", "fd77:6566:7400::/64", "10.0.0.0/8", "fd00::/107"}) {
    SCOPED_TRACE(prefix);
    const ProbeRange addresses = range(prefix);
    for (const uint32_t slot : {0u, 1u, 255u, 65536u, endpoints_max - 1}) {
      const IpAddress address = addresses.of(EndpointSlot{slot});
      EXPECT_TRUE(addresses.contains(address));
      EXPECT_EQ(addresses.endpoint_at(address), EndpointSlot{slot});
    }
    EXPECT_TRUE(addresses.contains(addresses.host()));
    EXPECT_EQ(addresses.endpoint_at(addresses.host()), std::nullopt);
    EXPECT_EQ(addresses.endpoint_at(addresses.neighbour()), std::nullopt);
  }
  EXPECT_EQ(range("240.0.0.0/11").host(), ip("240.0.0.1"));
  EXPECT_EQ(range("240.0.0.0/11").of(EndpointSlot{0}), ip("240.0.0.16"));
  EXPECT_EQ(range("fd77::/64").of(EndpointSlot{240}), ip("fd77::100"));
}

TEST(ProbeRange, OtherAddressesAreNoEndpoints) {
  EXPECT_FALSE(range("240.0.0.0/11").contains(ip("240.32.0.0")));
  EXPECT_EQ(range("10.0.0.0/8").endpoint_at(ip("10.255.0.0")), std::nullopt);
  EXPECT_EQ(range("fd77::/64").endpoint_at(ip("fd77::1:0:100")), std::nullopt);
  EXPECT_EQ(range("fd77::/64").endpoint_at(ip("fd77::")), std::nullopt);
  EXPECT_FALSE(ProbeRange().contains(ip("::")));
}

}  // namespace
}  // namespace weft
