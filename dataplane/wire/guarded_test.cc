#include "dataplane/wire/guarded.h"

#include <gtest/gtest.h>

#include "dataplane/wire/packet.h"
#include "tests/packet_pool.h"

// Planted mistakes: each must end the process where a sanitizer watches (STYLE.md, rule 5).
namespace weft {
namespace {

#ifdef WEFT_ASAN

class Guarded : public testing::Test {
 protected:
  static std::byte read(const std::byte* at) { return *static_cast<const volatile std::byte*>(at); }
  test::PacketPool pool_{64};
};

TEST_F(Guarded, OneByteBeyondTheFrameIsSeen) {
  for (const std::size_t size : {60u, 61u, 67u}) {
    const Packet packet = pool_.make(test::Bytes(size));
    read(packet.data() + size - 1);
    EXPECT_DEATH(read(packet.data() + size), "use-after-poison");
    EXPECT_DEATH(read(packet.data() - 1), "use-after-poison");
    test::free_packet(packet);
  }
}

TEST_F(Guarded, AFreedFrameIsSeen) {
  const Packet packet = pool_.make(test::Bytes(60));
  const std::byte* data = packet.data();
  test::free_packet(packet);
  EXPECT_DEATH(read(data), "use-after-poison");
}

TEST_F(Guarded, WhatIsCutOffOrNotYetAddedIsSeen) {
  const Packet packet = pool_.make(test::Bytes(64));
  const std::byte* data = packet.data();
  packet.resize(60);
  EXPECT_DEATH(read(data + 60), "use-after-poison");
  packet.resize(64);
  read(data + 63);
  packet.trim_front(8);
  EXPECT_DEATH(read(data + 7), "use-after-poison");
  packet.prepend(16);
  read(data - 8);
  EXPECT_DEATH(read(data - 9), "use-after-poison");
  test::free_packet(packet);
}

TEST_F(Guarded, EverySegmentIsGuarded) {
  const Packet packet = pool_.make(test::Bytes(100), 40);
  const rte_mbuf* second = packet.buffer()->next;
  EXPECT_DEATH(read(rte_pktmbuf_mtod(second, const std::byte*) + 40), "use-after-poison");
  test::free_packet(packet);
}

#else

TEST(Guarded, CostsNothingWithoutASanitizer) {
  test::PacketPool pool(64);
  const Packet packet = pool.make(test::Bytes(60, std::byte{7}));
  guard(packet.buffer());
  EXPECT_EQ(test::bytes_of(packet), test::Bytes(60, std::byte{7}));
  test::free_packet(packet);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

#endif

}  // namespace
}  // namespace weft
