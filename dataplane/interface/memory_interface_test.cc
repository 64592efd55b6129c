#include "dataplane/interface/memory_interface.h"

#include <gtest/gtest.h>

#include <numeric>

#include "dataplane/interface/guarded_pool.h"

namespace weft {
namespace {

Frame frame_of(std::size_t bytes, int first = 0) {
  Frame frame(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    frame[i] = static_cast<std::byte>(first + static_cast<int>(i));
  return frame;
}

class MemoryInterfaceTest : public testing::Test {
 protected:
  Packet receive_one(uint32_t queue = 0) {
    Packet packet;
    EXPECT_EQ(interface_.receive(queue, {&packet, 1}), 1u);
    return packet;
  }

  GuardedPool pool_{64};
  MemoryInterface interface_{{.name = "wire", .queues = 2, .queue_frames_max = 8}, pool_.mempool()};
};

TEST_F(MemoryInterfaceTest, CarriesFramesThroughItsQueuesInOrder) {
  EXPECT_TRUE(interface_.push(0, frame_of(60)));
  EXPECT_TRUE(interface_.push(0, frame_of(61)));
  EXPECT_TRUE(interface_.push(1, frame_of(99)));
  std::array<Packet, 4> packets;
  ASSERT_EQ(interface_.receive(0, packets), 2u);
  EXPECT_EQ(packets[1].bytes(), 61u);
  EXPECT_EQ(interface_.transmit(1, {packets.data(), 2}), 2u);
  EXPECT_EQ(interface_.pull(0), std::nullopt);
  EXPECT_EQ(interface_.pull(1), frame_of(60));
  EXPECT_EQ(interface_.pull(1), frame_of(61));
  EXPECT_EQ(interface_.pull(1), std::nullopt);
  rte_pktmbuf_free(receive_one(1).buffer());
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
}

TEST_F(MemoryInterfaceTest, QueuesAreBounded) {
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(interface_.push(0, frame_of(60)));
  EXPECT_FALSE(interface_.push(0, frame_of(60)));
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers() - 8);

  std::array<Packet, 16> packets;
  const uint32_t first = interface_.receive(0, packets);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(interface_.push(0, frame_of(60)));
  const uint32_t all = first + interface_.receive(0, std::span(packets).subspan(first));
  ASSERT_EQ(all, 10u);
  EXPECT_EQ(interface_.transmit(0, {packets.data(), all}), 8u);
  for (uint32_t i = 8; i < all; ++i) rte_pktmbuf_free(packets[i].buffer());
}

TEST_F(MemoryInterfaceTest, AnEmptyPoolRefusesFrames) {
  std::vector<Packet> held;
  for (Packet p = new_frame(pool_.mempool(), frame_of(10)); p.buffer() != nullptr;
       p = new_frame(pool_.mempool(), frame_of(10))) {
    held.push_back(p);
  }
  EXPECT_EQ(held.size(), pool_.buffers());
  EXPECT_FALSE(interface_.push(0, frame_of(60)));
  for (const Packet p : held) rte_pktmbuf_free(p.buffer());
}

TEST_F(MemoryInterfaceTest, AJumboFrameComesInSegmentsAndLeavesWhole) {
  const Frame jumbo = frame_of(9000);
  ASSERT_TRUE(interface_.push(0, jumbo));
  const Packet packet = receive_one();
  EXPECT_GT(packet.buffer()->nb_segs, 1);
  EXPECT_EQ(packet.bytes(), 9000u);
  Packet packets[] = {packet};
  EXPECT_EQ(interface_.transmit(0, packets), 1u);
  EXPECT_EQ(interface_.pull(0), jumbo);
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
}

TEST_F(MemoryInterfaceTest, FramesLeftInsideAreFreed) {
  {
    MemoryInterface other({.queue_frames_max = 8}, pool_.mempool());
    ASSERT_TRUE(other.push(0, frame_of(60)));
    ASSERT_TRUE(other.push(0, frame_of(60)));
    Packet packet;
    ASSERT_EQ(other.receive(0, {&packet, 1}), 1u);
    ASSERT_EQ(other.transmit(0, {&packet, 1}), 1u);
  }
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
}

// Planted faults: without these the sanitizer would see nothing inside a buffer.
class PlantedFault : public MemoryInterfaceTest {
 protected:
  void SetUp() override {
#ifndef WEFT_ASAN
    GTEST_SKIP() << "needs AddressSanitizer";
#endif
  }
  static std::byte read(const std::byte* from) {
    return *static_cast<const volatile std::byte*>(from);
  }
  static void read_length(Packet packet) {
    [[maybe_unused]] volatile auto n = packet.bytes();
  }
};

TEST_F(PlantedFault, AnOverreadByOneByteFails) {
  for (const std::size_t bytes : {14, 60, 61, 63, 64, 1500}) {
    ASSERT_TRUE(interface_.push(0, frame_of(bytes)));
    const Packet packet = receive_one();
    EXPECT_EQ(read(packet.data() + bytes - 1), static_cast<std::byte>(bytes - 1));
    EXPECT_DEATH(read(packet.data() + bytes), "use-after-poison") << bytes;
    EXPECT_DEATH(read(packet.data() - 1), "use-after-poison") << bytes;
    rte_pktmbuf_free(packet.buffer());
  }
}

TEST_F(PlantedFault, PrependedBytesAreUsableAndThoseBeforeAreNot) {
  ASSERT_TRUE(interface_.push(0, frame_of(60)));
  const Packet packet = receive_one();
  packet.prepend(24)[0] = std::byte{1};
  EXPECT_EQ(packet.data()[24], std::byte{0});
  EXPECT_DEATH(read(packet.data() - 1), "use-after-poison");
  rte_pktmbuf_free(packet.buffer());
}

TEST_F(PlantedFault, UseAfterFreeFails) {
  ASSERT_TRUE(interface_.push(0, frame_of(60)));
  const Packet packet = receive_one();
  const std::byte* data = packet.data();
  rte_pktmbuf_free(packet.buffer());
  EXPECT_DEATH(read(data), "use-after-poison");
  EXPECT_DEATH(read_length(packet), "use-after-poison");
}

TEST_F(PlantedFault, UseAfterTransmitFails) {
  ASSERT_TRUE(interface_.push(0, frame_of(60)));
  Packet packet = receive_one();
  const std::byte* data = packet.data();
  ASSERT_EQ(interface_.transmit(0, {&packet, 1}), 1u);
  EXPECT_DEATH(read(data + 30), "use-after-poison");
  EXPECT_DEATH(read_length(packet), "use-after-poison");
  EXPECT_EQ(interface_.pull(0), frame_of(60));
}

}  // namespace
}  // namespace weft
