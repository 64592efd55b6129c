// A device that checks checksums is asked to: DPDK's tap does.
#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <chrono>
#include <thread>

#include "dataplane/interface/dpdk_interface.h"
#include "tests/packet_pool.h"
#include "tests/packet_socket.h"

namespace weft {
namespace {

constexpr uint64_t checksum_flags = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;

class DeviceChecksums : public testing::Test {
 protected:
  void SetUp() override {
    const auto inside = host.enter();
    auto opened = DpdkInterface::open({.name = "edge", .devices = {*parse_device("tap:t0")}});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    interface = std::move(*opened);
  }

  // What the device says of the checksums in a frame that it receives.
  uint64_t flags_of(const test::Bytes& sent) {
    PacketSocket(host, "t0").send(sent);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      std::array<Packet, 1> packet;
      if (interface->receive(0, packet) == 0) {
        std::this_thread::yield();
        continue;
      }
      const bool ours = test::bytes_of(packet[0]) == sent;
      const uint64_t flags = packet[0].buffer()->ol_flags & checksum_flags;
      test::free_packet(packet[0]);
      if (ours) return flags;
    }
    ADD_FAILURE() << "the frame does not arrive";
    return 0;
  }

  static test::FrameBuilder udp() {
    return test::ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1000, 2000).payload("hello");
  }
  static test::FrameBuilder tcp() {
    return test::ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1000, 2000, 0x10).payload("hello");
  }

  NetworkNamespace host;
  std::unique_ptr<DpdkInterface> interface;
};

TEST_F(DeviceChecksums, AreJudgedByTheDevice) {
  constexpr uint64_t good = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  constexpr uint64_t bad_l4 = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD;
  constexpr uint64_t bad_ip = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  EXPECT_EQ(flags_of(udp().build()), good);
  EXPECT_EQ(flags_of(tcp().build()), good);
  EXPECT_EQ(flags_of(udp().l4_checksum(7).build()), bad_l4);
  EXPECT_EQ(flags_of(tcp().l4_checksum(7).build()), bad_l4);
  EXPECT_EQ(flags_of(tcp().ip_checksum(7).build()), bad_ip);
}

// Other drivers than the tap's judge only the kinds they are asked for.
TEST_F(DeviceChecksums, AreAskedForOfEveryKindThatTheDeviceReports) {
  uint16_t ports = 0;
  uint16_t port = 0;
  RTE_ETH_FOREACH_DEV(port) {
    ++ports;
    rte_eth_dev_info info{};
    rte_eth_conf asked{};
    ASSERT_EQ(rte_eth_dev_info_get(port, &info), 0);
    ASSERT_EQ(rte_eth_dev_conf_get(port, &asked), 0);
    EXPECT_EQ(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_CHECKSUM, RTE_ETH_RX_OFFLOAD_CHECKSUM);
    EXPECT_EQ(asked.rxmode.offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM, RTE_ETH_RX_OFFLOAD_CHECKSUM);
  }
  EXPECT_EQ(ports, 1);
}

}  // namespace
}  // namespace weft
