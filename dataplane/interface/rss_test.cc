#include "dataplane/interface/rss.h"

#include <gmock/gmock.h>
#include <rte_ethdev.h>

#include <array>
#include <vector>

#include "dataplane/interface/dpdk_interface.h"
#include "tests/packet_builder.h"
#include "tests/rss_nic.h"

namespace weft {
namespace {

using test::ethernet;
using test::RssNic;
using testing::StartsWith;

constexpr KeyedHash::Key secret{1, 2, 3, 4};

// A queue an entry, so that a queue tells the entry.
std::vector<uint16_t> queue_an_entry(const SteeringHash& hash) {
  std::vector<uint16_t> queues(1u << hash.bits());
  for (uint16_t i = 0; i < queues.size(); ++i) queues[i] = i;
  return queues;
}

TEST(Rss, APacketArrivesWhereItsSourceBelongs) {
  const SteeringHash hash(secret, {.bits = 7});
  RssNic nic(512);  // larger than the hash: the table repeats
  const auto report = set_up_rss(nic.device(), hash, RssSide::source, queue_an_entry(hash));
  EXPECT_TRUE(report.steers);
  EXPECT_EQ(report.text,
            "by source, 512 entries: TCP/IPv4, UDP/IPv4, TCP/IPv6, UDP/IPv6, other IPv4, other "
            "IPv6");
  for (uint16_t port = 1000; port < 1100; ++port) {
    const auto v4 = hash.of(*IpAddress::parse("192.0.2.9"), be16(port));
    EXPECT_EQ(nic.queue_of(ethernet().ipv4("192.0.2.9", "203.0.113.1").tcp(port, 80, 2).build()),
              hash.rss_entry(v4));
    const auto v6 = hash.of(*IpAddress::parse("2001:db8::9"), be16(port));
    EXPECT_EQ(nic.queue_of(ethernet().ipv6("2001:db8::9", "2001:db8::1").udp(port, 443).build()),
              hash.rss_entry(v6));
  }
}

TEST(Rss, KindsThatTheDriverRefusesAreLeftOut) {
  const SteeringHash hash(secret, {.bits = 7});
  RssNic nic(128);
  nic.refused_types = RTE_ETH_RSS_NONFRAG_IPV6_UDP;
  const auto report = set_up_rss(nic.device(), hash, RssSide::source, queue_an_entry(hash));
  EXPECT_TRUE(report.steers);
  EXPECT_EQ(nic.types(), RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
                             RTE_ETH_RSS_NONFRAG_IPV6_TCP);
  EXPECT_EQ(report.text,
            "by source, 128 entries: TCP/IPv4, UDP/IPv4, TCP/IPv6; the driver refuses UDP/IPv6, "
            "other IPv4, other IPv6: Operation not supported");
}

TEST(Rss, ADriverThatRefusesEverythingSteersNothing) {
  const SteeringHash hash(secret, {.bits = 7});
  RssNic nic(128);
  nic.refused_types = UINT64_MAX;
  EXPECT_EQ(set_up_rss(nic.device(), hash, RssSide::source, queue_an_entry(hash)).text,
            "the driver refuses the key: Operation not supported");
  nic.refuses_table = true;
  const auto report = set_up_rss(nic.device(), hash, RssSide::source, queue_an_entry(hash));
  EXPECT_FALSE(report.steers);
  EXPECT_EQ(report.text, "the driver refuses the table of queues: Operation not supported");
}

TEST(Rss, ADeviceThatDoesNotSufficeHasNoBits) {
  RssDevice device = RssNic(2048).device();
  EXPECT_EQ(device.bits(), 10u);
  device.entries = 128;
  EXPECT_EQ(device.bits(), 7u);
  for (const uint32_t entries : {0, 32, 96}) {
    device.entries = entries;
    EXPECT_EQ(device.bits(), 0u) << entries;
  }
  device.entries = 128;
  device.key_bytes = 36;
  EXPECT_EQ(device.bits(), 0u);
  device.key_bytes = 40;
  device.types = RTE_ETH_RSS_L2_PAYLOAD;
  EXPECT_EQ(device.bits(), 0u);
}

// By DPDK's calls: net_null keeps what it is told.
class RssOfNull : public testing::Test {
 protected:
  void open(uint32_t workers) {
    DpdkInterfaceSettings settings{.name = "edge", .workers = workers};
    settings.devices = {*parse_device("vdev:net_null0")};
    auto opened = DpdkInterface::open(settings);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    interface = *std::move(opened);
    ASSERT_EQ(rte_eth_dev_get_port_by_name("net_null0", &port), 0);
  }
  std::vector<uint16_t> table() const {
    std::array<rte_eth_rss_reta_entry64, 2> groups{};
    for (auto& group : groups) group.mask = UINT64_MAX;
    EXPECT_EQ(rte_eth_dev_rss_reta_query(port, groups.data(), 128), 0);
    std::vector<uint16_t> table;
    for (const auto& group : groups) table.insert(table.end(), group.reta, group.reta + 64);
    return table;
  }
  std::unique_ptr<DpdkInterface> interface;
  uint16_t port = 0;
};

TEST_F(RssOfNull, TheDeviceIsToldTheKeyAndTheQueuesOfTheWorkers) {
  open(3);
  ASSERT_EQ(interface->rss_bits(), 7u);
  const SteeringHash hash(secret, {.bits = 7, .workers = 3});
  const SteeringMap map = equal_shares(3);
  interface->steer_by(hash, map, RssSide::source);
  EXPECT_THAT(interface->stats().rss,
              StartsWith("by source, 128 entries: TCP/IPv4, UDP/IPv4, TCP/IPv6, UDP/IPv6"));
  const std::vector<uint16_t> queues = table();
  for (uint32_t bucket = 0; bucket < 128; ++bucket) {
    EXPECT_EQ(queues[hash.rss_entry(bucket)], map[bucket]);
  }
  std::array<uint8_t, 40> key{};
  rte_eth_rss_conf told{};
  told.rss_key = key.data();
  told.rss_key_len = key.size();
  ASSERT_EQ(rte_eth_dev_rss_hash_conf_get(port, &told), 0);
  EXPECT_EQ(key, hash.rss_key(RssSide::source));
  EXPECT_TRUE(told.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP);
}

TEST_F(RssOfNull, OneQueueNeedsNone) {
  open(1);
  EXPECT_EQ(interface->rss_bits(), 0u);
  interface->steer_by(SteeringHash(secret, {}), equal_shares(1), RssSide::source);
  EXPECT_EQ(interface->stats().rss, "none: one queue");
}

TEST(RssOfDevices, WithoutATableOfQueuesThereIsNone) {
  DpdkInterfaceSettings settings{.name = "edge", .workers = 2};
  settings.devices = {*parse_device("vdev:net_ring0"), *parse_device("vdev:net_ring1")};
  const auto interface = DpdkInterface::open(settings);
  ASSERT_TRUE(interface.has_value()) << interface.error().message;
  EXPECT_EQ((*interface)->rss_bits(), 0u);
  (*interface)->steer_by(SteeringHash(secret, {}), equal_shares(2), RssSide::source);
  EXPECT_EQ((*interface)->stats().rss, "none: the devices have no table of queues");
}

}  // namespace
}  // namespace weft
