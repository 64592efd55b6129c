#include "dataplane/interface/dpdk_transmit.h"

#include <gmock/gmock.h>
#include <rte_mbuf.h>

#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Bytes;
using test::bytes_of;
using test::free_packet;

class DpdkTransmit : public testing::Test {
 protected:
  // A frame with a header checksum of zero, to be filled in.
  static Bytes frame(uint16_t checksum) {
    return test::ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .identification(7)
        .ip_checksum(checksum)
        .udp(1000, 2000)
        .payload_bytes(900)
        .build();
  }
  static Bytes finished() {
    return test::ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .identification(7)
        .udp(1000, 2000)
        .payload_bytes(900)
        .build();
  }
  Packet segments_without_checksum() {
    Packet packet = pool.make(frame(0), 300);
    packet.buffer()->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
    packet.buffer()->l2_len = 14;
    packet.buffer()->l3_len = 20;
    return packet;
  }

  test::PacketPool pool;
};

TEST_F(DpdkTransmit, ADeviceThatDoesAllGetsThePacketAsItIs) {
  const Offloads all = {.tx_ip_checksum = true, .multi_segment = true};
  const Packet packet = segments_without_checksum();
  EXPECT_TRUE(fits_device(packet, all));
  free_packet(packet);
}

TEST_F(DpdkTransmit, WhatADeviceDoesNotDoIsDone) {
  for (const bool checksum : {false, true}) {
    for (const bool segments : {false, true}) {
      const Offloads device = {.tx_ip_checksum = checksum, .multi_segment = segments};
      Packet packet = segments_without_checksum();
      EXPECT_EQ(fits_device(packet, device), checksum && segments);
      ASSERT_TRUE(fit_to_device(packet, device, *pool.get()));
      EXPECT_TRUE(fits_device(packet, device));
      EXPECT_EQ(packet.buffer()->nb_segs > 1, segments);
      const bool asked = (packet.buffer()->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0;
      EXPECT_EQ(asked, checksum) << "the device is asked only for what it does";
      EXPECT_EQ(bytes_of(packet), checksum ? frame(0) : finished());
      free_packet(packet);
    }
  }
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST_F(DpdkTransmit, WithoutABufferThePacketStaysAsItWas) {
  test::PacketPool empty(1);
  const Packet last = empty.make(frame(0));
  Packet packet = segments_without_checksum();
  EXPECT_FALSE(fit_to_device(packet, Offloads{}, *empty.get()));
  EXPECT_EQ(bytes_of(packet), frame(0));
  EXPECT_GT(packet.buffer()->nb_segs, 1);
  free_packet(packet);
  free_packet(last);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

}  // namespace
}  // namespace weft
