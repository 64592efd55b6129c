#include "pipelines/l4/held_segments.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/packet_pool.h"

namespace weft {
namespace {

StreamSides sides(uint16_t client_port) {
  return {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("203.0.113.10"), be16(client_port),
          be16(80)};
}

class Held : public testing::Test {
 protected:
  bool put(uint16_t client_port, uint16_t interface = 0) {
    const Packet packet = pool_.make(test::Bytes(60));
    const bool held = held_->put(packet, interface, sides(client_port), now_);
    if (!held) test::free_packet(packet);
    return held;
  }
  // How many come out in one burst.
  uint32_t release() {
    Burst burst;
    const uint32_t released = held_->release(burst, now_);
    for (uint32_t i = 0; i < released; ++i) test::free_packet(burst.packets[i]);
    interface_ = released == 0 ? interface_ : burst.interface;
    return released;
  }
  void TearDown() override {
    held_.reset();
    EXPECT_EQ(pool_.buffers_out(), 0u);
  }

  test::PacketPool pool_;
  std::unique_ptr<HeldSegments> held_ = std::make_unique<HeldSegments>();
  Instant now_{};
  uint16_t interface_ = 0;
};

TEST_F(Held, WaitForTheirEndpointAlone) {
  ASSERT_TRUE(put(1) && put(2) && put(3));
  EXPECT_EQ(release(), 0u);
  held_->let_go(sides(2));
  EXPECT_EQ(release(), 1u);
  EXPECT_TRUE(held_->holds(sides(1)) && !held_->holds(sides(2)) && held_->holds(sides(3)));
  EXPECT_EQ(held_->size(), 2u);
}

TEST_F(Held, ComeOutInTimeAllTheSame) {
  ASSERT_TRUE(put(1));
  now_ += HeldSegments::wait_max / 2;
  ASSERT_TRUE(put(2));
  now_ += HeldSegments::wait_max / 2;
  EXPECT_EQ(release(), 1u);
  EXPECT_EQ(release(), 0u);
  now_ += HeldSegments::wait_max / 2;
  EXPECT_EQ(release(), 1u);
}

TEST_F(Held, ComeOutByInterface) {
  ASSERT_TRUE(put(1, 3) && put(1, 4) && put(1, 3));
  held_->let_go(sides(1));
  EXPECT_EQ(release(), 2u);
  EXPECT_EQ(interface_, 3);
  EXPECT_EQ(release(), 1u);
  EXPECT_EQ(interface_, 4);
}

TEST_F(Held, AreBounded) {
  for (uint32_t n = 0; n < HeldSegments::segments_max; ++n) ASSERT_TRUE(put(1));
  EXPECT_FALSE(put(2));
  held_->let_go(sides(1));
  uint32_t out = 0;
  for (uint32_t released = release(); released != 0; released = release()) out += released;
  EXPECT_EQ(out, HeldSegments::segments_max);
  EXPECT_TRUE(put(2));
}

}  // namespace
}  // namespace weft
