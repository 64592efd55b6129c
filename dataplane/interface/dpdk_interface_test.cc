// Over devices that need no kernel: net_ring gives back what it is sent, net_null has any number of
// queues. Kernel devices are in tests/device_*_test.cc.
#include "dataplane/interface/dpdk_interface.h"

#include <gmock/gmock.h>
#include <rte_mbuf.h>

#include <array>

#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Bytes;
using test::bytes_of;
using test::free_packet;
using testing::HasSubstr;
using testing::MatchesRegex;

Result<std::unique_ptr<DpdkInterface>> open(const char* device,
                                            DpdkInterfaceSettings settings = {}) {
  settings.name = "edge";
  settings.devices = {*parse_device(device)};
  return DpdkInterface::open(settings);
}

Bytes numbered_frame(uint16_t number) {
  return test::ethernet().ipv4("10.0.0.1", "10.0.0.2").identification(number).udp(1, 2).build();
}

TEST(DpdkInterface, CarriesPacketsInOrderAndGivesTheBuffersBack) {
  const auto interface = open("vdev:net_ring0");
  ASSERT_TRUE(interface.has_value()) << interface.error().message;
  EXPECT_EQ((*interface)->name(), "edge");
  EXPECT_EQ((*interface)->mtu_bytes(), 1500u);
  const uint32_t free_before = (*interface)->stats().buffers_free;
  test::PacketPool pool;
  std::array<Packet, 32> sent;
  for (uint16_t i = 0; i < sent.size(); ++i) sent[i] = pool.make(numbered_frame(i));
  ASSERT_EQ((*interface)->transmit(0, sent), 32u);
  std::array<Packet, 32> received;
  ASSERT_EQ((*interface)->receive(0, received), 32u);
  for (uint16_t i = 0; i < received.size(); ++i) {
    EXPECT_EQ(bytes_of(received[i]), numbered_frame(i));
    free_packet(received[i]);
  }
  EXPECT_EQ((*interface)->receive(0, received), 0u);
  EXPECT_EQ((*interface)->stats().buffers_free, free_before);
}

// net_null takes one segment a frame, and no buffer holds this frame's.
TEST(DpdkInterface, LeavesWhatTheDeviceCannotSendAndTakesTheRest) {
  const auto interface = open("vdev:net_null0");
  ASSERT_TRUE(interface.has_value()) << interface.error().message;
  test::PacketPool pool;
  const Bytes too_long =
      test::ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload_bytes(3000).build();
  std::array<Packet, 3> packets = {pool.make(numbered_frame(1)), pool.make(too_long, 1000),
                                   pool.make(numbered_frame(2))};
  EXPECT_EQ((*interface)->transmit(0, packets), 2u);
  EXPECT_EQ(bytes_of(packets[2]), too_long) << "still the caller's";
  free_packet(packets[2]);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST(DpdkInterface, HasAsManyQueuesAsWorkers) {
  EXPECT_EQ((*open("vdev:net_null0", {.workers = 3}))->queues(), 3u);
}

TEST(DpdkInterface, MemoryIsSpentOnBuffers) {
  const auto interface = open("vdev:net_ring0", {.memory_mib = 32});
  ASSERT_TRUE(interface.has_value()) << interface.error().message;
  const uint64_t bytes = (*interface)->stats().buffers * uint64_t{2368};
  EXPECT_GT(bytes, 31u << 20);
  EXPECT_LE(bytes, 32u << 20);
}

TEST(DpdkInterface, TooLittleMemoryForItsQueuesIsOneSentence) {
  const auto refused = open("vdev:net_ring0", {.memory_mib = 1});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(
      refused.error().message,
      MatchesRegex("interface edge: its share of .gateway. memory_mib, 1 MiB, holds [0-9]+ packet "
                   "buffers of 2048 bytes, but its queues need [0-9]+ \\([0-9]+ MiB\\); raise "
                   "memory_mib or leave it out"));
  EXPECT_EQ(refused.error().fault, Fault::operator_input);
}

TEST(DpdkInterface, TheMemoryItWantsIsEnough) {
  for (const uint32_t workers : {1, 3}) {
    for (const uint32_t mtu_bytes : {1500, 9000}) {
      DpdkInterfaceSettings settings{.mtu_bytes = mtu_bytes, .workers = workers};
      settings.devices = {*parse_device("vdev:net_null0")};
      settings.memory_mib = memory_mib_wanted(settings);
      const auto interface = open("vdev:net_null0", settings);
      EXPECT_TRUE(interface.has_value()) << interface.error().message;
    }
  }
}

TEST(DpdkInterface, WantsMemoryForEveryQueueAndLargerBuffersForLargerFrames) {
  DpdkInterfaceSettings settings{.devices = {*parse_device("af_xdp:nothing0:0")}};
  const uint32_t one = memory_mib_wanted(settings);
  settings.devices.push_back(*parse_device("af_xdp:nothing0:1"));
  settings.workers = 2;
  EXPECT_NEAR(memory_mib_wanted(settings), 2 * one, 1);
  settings.mtu_bytes = 9000;
  EXPECT_GT(memory_mib_wanted(settings), 7 * one);
}

// net_ring takes frames in several buffers, net_null does not.
TEST(DpdkInterface, JumboFramesTakeSeveralBuffersOrLargerOnes) {
  const auto several = open("vdev:net_ring0", {.mtu_bytes = 9000});
  ASSERT_TRUE(several.has_value()) << several.error().message;
  EXPECT_EQ(rte_pktmbuf_data_room_size(&(*several)->buffers()), 2048 + RTE_PKTMBUF_HEADROOM);
  const auto larger = open("vdev:net_null0", {.mtu_bytes = 9000});
  ASSERT_TRUE(larger.has_value()) << larger.error().message;
  EXPECT_GE(rte_pktmbuf_data_room_size(&(*larger)->buffers()), 9014 + RTE_PKTMBUF_HEADROOM);
}

TEST(DpdkInterface, ADeviceIsOpenOnceAndMayBeOpenedAgain) {
  {
    const auto first = open("vdev:net_ring0");
    ASSERT_TRUE(first.has_value());
    const auto second = open("vdev:net_ring0");
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().message,
              "interface edge: device \"vdev:net_ring0\": a device of the name net_ring0 exists "
              "already");
  }
  EXPECT_TRUE(open("vdev:net_ring0").has_value());
}

TEST(DpdkInterface, StoppedItHasNothingAndTakesNothing) {
  test::PacketPool pool;
  const auto interface = open("vdev:net_ring0");
  std::array<Packet, 1> packets = {pool.make(numbered_frame(1))};
  ASSERT_EQ((*interface)->transmit(0, packets), 1u);
  (*interface)->stop();
  std::array<Packet, 4> received;
  EXPECT_EQ((*interface)->receive(0, received), 0u);
  std::array<Packet, 1> refused = {pool.make(numbered_frame(2))};
  EXPECT_EQ((*interface)->transmit(0, refused), 0u);
  free_packet(refused[0]);
  EXPECT_TRUE(open("vdev:net_ring0").has_value()) << "the device is free";
}

// With traffic: tests/device_frames_test.cc.
TEST(DpdkInterface, BondsMembersThatAreMadeFirst) {
  const char* device =
      "vdev:net_null0;net_null1;net_bonding0,mode=1,slave=net_null0,slave=net_null1";
  for (int i = 0; i < 2; ++i) {
    const auto bond = open(device);
    EXPECT_TRUE(bond.has_value()) << bond.error().message;
  }
}

TEST(DpdkInterface, ABondWithoutItsMembersIsAnError) {
  const auto refused = open("vdev:net_bonding0,mode=1,slave=net_ring7");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              HasSubstr("device \"vdev:net_bonding0,mode=1,slave=net_ring7\": "));
}

TEST(DpdkInterface, WrongDriverArgumentsAreAnError) {
  const auto refused = open("memif:nosuchkey=1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("device \"memif:nosuchkey=1\": "));
}

}  // namespace
}  // namespace weft
