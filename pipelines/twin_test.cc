#include "pipelines/twin.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/interface/guarded_pool.h"

namespace weft {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t mac_bytes = 12;

Bytes arp(std::size_t bytes = 42) {
  Bytes frame(bytes);
  for (std::size_t i = 0; i < bytes; ++i) frame[i] = static_cast<std::byte>(i);
  if (bytes >= 14) store(&frame[mac_bytes], be16(0x0806));
  return frame;
}

Bytes tagged(Bytes frame, uint16_t tag_word) {
  Bytes tag(4);
  store(&tag[0], be16(0x8100));
  store(&tag[2], be16(tag_word));
  frame.insert(frame.begin() + mac_bytes, tag.begin(), tag.end());
  return frame;
}

class TwinTest : public testing::Test {
 protected:
  ~TwinTest() override {
    for (uint32_t i = 0; i < burst_.size; ++i) rte_pktmbuf_free(burst_.packets[i].buffer());
    EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
  }
  void fill(const std::vector<Bytes>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      burst_.packets[i] = new_frame(pool_.mempool(), frames[i]);
    }
    burst_.start(static_cast<uint32_t>(frames.size()), 3);
  }
  Bytes frame(uint32_t i) {
    const auto bytes = burst_.packets[i].linear();
    return {bytes.begin(), bytes.end()};
  }

  GuardedPool pool_{63};
  Burst burst_;
};

TEST_F(TwinTest, TheTagComesOffOnTheWayToTheKernelOnly) {
  fill({tagged(arp(), 120), arp(), tagged(arp(), 120), tagged(arp(), 0xe000), arp(14)});
  for (uint32_t i : {0, 1, 3, 4}) burst_.to_twin(i);
  burst_.transmit(2, 0);
  EXPECT_EQ(packets_for_twin(burst_), 0b11011u);
  untag_for_twin(burst_, packets_for_twin(burst_));
  EXPECT_EQ(frame(0), arp());
  EXPECT_EQ(frame(1), arp());
  EXPECT_EQ(frame(2), tagged(arp(), 120));
  EXPECT_EQ(frame(3), arp());  // a priority tag
  EXPECT_EQ(frame(4), arp(14));
}

TEST_F(TwinTest, TheKernelsFramesLeaveOnTheInterface) {
  fill({arp(), arp(14)});
  send_from_twin(burst_, std::nullopt);
  for (uint32_t i : {0, 1}) {
    EXPECT_EQ(burst_.outcomes[i].verdict, Verdict::transmit);
    EXPECT_EQ(burst_.outcomes[i].target, 3);
  }
  EXPECT_EQ(frame(0), arp());
}

TEST_F(TwinTest, InAVlanTheyAreTagged) {
  fill({arp(), arp(14)});
  send_from_twin(burst_, 120);
  EXPECT_EQ(frame(0), tagged(arp(), 120));
  EXPECT_EQ(frame(1), tagged(arp(14), 120));
  EXPECT_EQ(burst_.outcomes[0].verdict, Verdict::transmit);
}

TEST_F(TwinTest, WhatCannotBeSentIsDroppedByName) {
  fill({arp(13), arp()});
  burst_.packets[1].prepend(burst_.packets[1].headroom_bytes() - 3);
  send_from_twin(burst_, 120);
  EXPECT_EQ(burst_.outcomes[0].drop, Drop::frame_truncated);
  EXPECT_EQ(burst_.outcomes[1].drop, Drop::no_headroom);
}

}  // namespace
}  // namespace weft
