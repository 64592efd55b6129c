#include "dataplane/interface/steering_hash.h"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <algorithm>
#include <random>
#include <vector>

#include "dataplane/interface/steering.h"

namespace weft {
namespace {

constexpr KeyedHash::Key secret{1, 2, 3, 4};

struct Tuple {
  IpAddress source, destination;
  uint16_t source_port = 0, destination_port = 0;
};

uint32_t word(const IpAddress& address, uint32_t n) {
  return load<be32>(&address.bytes()[4 * n]).host();
}

// What a device computes over the packet, by DPDK's own code.
uint32_t device_hash(const Tuple& t, const RssKey& key) {
  std::vector<uint32_t> input;
  for (const IpAddress& address : {t.source, t.destination}) {
    for (uint32_t n = address.is_v4() ? 3 : 0; n < 4; ++n) input.push_back(word(address, n));
  }
  input.push_back(uint32_t{t.source_port} << 16 | t.destination_port);
  return rte_softrss(input.data(), static_cast<uint32_t>(input.size()), key.data());
}

uint32_t device_entry(const Tuple& tuple, const RssKey& key, uint32_t bits) {
  return device_hash(tuple, key) & ((1u << bits) - 1);
}

class Tuples {
 public:
  Tuple v4() { return {IpAddress::v4(be32(draw())), IpAddress::v4(be32(draw())), port(), port()}; }

  Tuple v6() { return {address(), address(), port(), port()}; }

 private:
  uint32_t draw() { return static_cast<uint32_t>(random_()); }
  uint16_t port() { return static_cast<uint16_t>(draw() | 1); }
  IpAddress address() {
    std::array<std::byte, 16> bytes;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(draw());
    bytes[0] = std::byte{0x20};
    return IpAddress::v6(bytes.data());
  }
  std::mt19937 random_{7};
};

const SteeringShape shapes[] = {{6, 2}, {6, 64}, {7, 2},   {7, 64},
                                {8, 3}, {9, 33}, {10, 32}, {10, 64}};

TEST(SteeringHash, IsWhatADeviceComputesOverTheSource) {
  for (const SteeringShape& shape : shapes) {
    const SteeringHash hash(secret, shape);
    const RssKey key = hash.rss_key(RssSide::source);
    Tuples tuples;
    for (int i = 0; i < 2000; ++i) {
      const Tuple t = i % 2 == 0 ? tuples.v4() : tuples.v6();
      const uint32_t ours =
          hash.of(t.source, be16(t.source_port)) ^ hash.of_chosen(be16(t.destination_port));
      ASSERT_EQ(hash.rss_entry(ours), device_entry(t, key, shape.bits)) << shape.bits;
    }
  }
}

TEST(SteeringHash, IsWhatADeviceComputesOverTheDestination) {
  for (const SteeringShape& shape : shapes) {
    const SteeringHash hash(secret, shape);
    const RssKey key = hash.rss_key(RssSide::destination);
    Tuples tuples;
    for (int i = 0; i < 2000; ++i) {
      Tuple t = i % 2 == 0 ? tuples.v4() : tuples.v6();
      if (!t.source.is_v4()) t.source = *IpAddress::parse("fd00::2:1");
      const uint32_t ours = hash.of(t.destination, be16(t.destination_port));
      ASSERT_EQ(hash.rss_entry(ours), device_entry(t, key, shape.bits)) << shape.bits;
    }
  }
}

TEST(SteeringHash, APacketToALowPortGoesByItsSourceAlone) {
  for (const SteeringShape& shape : shapes) {
    const SteeringHash hash(secret, shape);
    const uint32_t low_ports = shape.workers > 32 ? 512 : 1024;
    for (uint32_t port = 0; port < low_ports; ++port) {
      EXPECT_EQ(hash.of_chosen(be16(static_cast<uint16_t>(port))), 0u);
    }
  }
}

// Wherever the other side's bits have put it, whatever the secret.
TEST(SteeringHash, ChosenPortsReachEveryWorker) {
  for (const SteeringShape& shape : shapes) {
    const SteeringMap map = equal_shares(shape.workers);
    for (uint64_t n = 0; n < 20; ++n) {
      const SteeringHash hash({n, 2, 3, 4}, shape);
      for (uint32_t other = 0; other < 1u << shape.bits; ++other) {
        std::vector<uint32_t> ports(shape.workers);
        for (uint32_t port = 1024; port < 65536; port += 512) {
          ++ports.at(map[other ^ hash.of_chosen(be16(static_cast<uint16_t>(port)))]);
        }
        ASSERT_GE(*std::ranges::min_element(ports), 1u) << shape.bits << " " << shape.workers;
      }
    }
  }
}

// The tables of a device as the workers share it.
TEST(SteeringHash, EveryTableOfADeviceIsSharedEqually) {
  for (const uint32_t workers : {1, 2, 3, 5, 8, 24, 64}) {
    const SteeringMap map = equal_shares(workers);
    for (uint32_t buckets = 64; buckets <= 1024; buckets *= 2) {
      std::vector<uint32_t> shares(workers);
      for (uint32_t bucket = 0; bucket < buckets; ++bucket) ++shares.at(map[bucket]);
      const auto [least, most] = std::ranges::minmax(shares);
      EXPECT_LE(most - least, 1u) << workers << " " << buckets;
    }
  }
}

TEST(SteeringHash, FlowsSpreadEvenly) {
  for (const SteeringShape& shape : shapes) {
    const SteeringHash hash(secret, shape);
    std::vector<uint32_t> flows(1u << shape.bits);
    // The worst case for a weak hash: one client, ports in sequence; then neighbouring addresses.
    for (uint32_t port = 32768; port < 32768 + 8192; ++port) {
      ++flows[hash.of(IpAddress::v4(be32(0x0a000001)), be16(static_cast<uint16_t>(port)))];
    }
    for (uint32_t n = 0; n < 8192; ++n) {
      ++flows[hash.of(IpAddress::v4(be32(0x0a010000 + n)), be16(443))];
    }
    const uint32_t mean = 16384 >> shape.bits;
    const auto [least, most] = std::ranges::minmax(flows);
    EXPECT_GE(least, mean / 2) << shape.bits;
    EXPECT_LE(most, mean * 2) << shape.bits;
  }
}

TEST(SteeringHash, TheSecretDecides) {
  const SteeringHash hash(secret, {});
  const SteeringHash other({1, 2, 3, 5}, {});
  Tuples tuples;
  uint32_t same = 0;
  for (int i = 0; i < 1000; ++i) {
    const Tuple t = tuples.v4();
    same += hash.of(t.source, be16(t.source_port)) == other.of(t.source, be16(t.source_port));
  }
  EXPECT_LT(same, 20u);  // one in 1024 by chance
}

}  // namespace
}  // namespace weft
