#include "dataplane/interface/make_linear.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/wire/guarded.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Bytes;
using test::bytes_of;
using test::free_packet;

Bytes frame_of(uint32_t payload_bytes) {
  return test::ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .udp(1000, 2000)
      .payload_bytes(payload_bytes)
      .build();
}

TEST(MakeLinear, HasTheSameBytesInOneSegment) {
  test::PacketPool pool;
  Packet packet = pool.make(frame_of(900), 300);
  ASSERT_GT(packet.buffer()->nb_segs, 1);
  ASSERT_TRUE(make_linear(packet, *pool.get()));
  guard(packet.buffer());
  EXPECT_EQ(packet.buffer()->nb_segs, 1);
  EXPECT_EQ(bytes_of(packet), frame_of(900));
  free_packet(packet);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST(MakeLinear, WithoutABufferThePacketStaysAsItWas) {
  test::PacketPool pool;
  test::PacketPool empty(1);
  const Packet last = empty.make(frame_of(1));
  Packet packet = pool.make(frame_of(900), 300);
  EXPECT_FALSE(make_linear(packet, *empty.get()));
  EXPECT_EQ(bytes_of(packet), frame_of(900));
  EXPECT_GT(packet.buffer()->nb_segs, 1);
  free_packet(packet);
  free_packet(last);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST(MakeLinear, AFrameLargerThanABufferStaysAsItWas) {
  test::PacketPool pool;
  Packet packet = pool.make(frame_of(3000), 1000);
  EXPECT_FALSE(make_linear(packet, *pool.get()));
  EXPECT_EQ(bytes_of(packet), frame_of(3000));
  free_packet(packet);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

}  // namespace
}  // namespace weft
