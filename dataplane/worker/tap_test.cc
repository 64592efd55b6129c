#include "dataplane/worker/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/bpf.h>

#include <vector>

#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::ethernet;
using testing::ElementsAre;

constexpr Instant now{seconds(7)};
constexpr auto web = static_cast<ListenerSlot>(3);

// Packets of this length only.
PacketFilter of_length(uint32_t frame_bytes) {
  return *PacketFilter::of({{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
                            {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, frame_bytes},
                            {BPF_RET | BPF_K, 0, 0, 65535},
                            {BPF_RET | BPF_K, 0, 0, 0}});
}

struct Record {
  TapRecord front;
  test::Bytes bytes;
};

class TapTest : public testing::Test {
 protected:
  void want(uint32_t capture, CaptureWish wish) {
    wishes_[capture] = std::move(wish);
    tap_.want(&wishes_);
  }
  // A burst of frames of these lengths that came in on interface 1.
  void receive(const std::vector<uint32_t>& lengths) {
    for (uint32_t i = 0; i < lengths.size(); ++i) {
      burst_.packets[i] = pool_.make(ethernet().payload_bytes(lengths[i] - 14).build());
    }
    burst_.start(static_cast<uint32_t>(lengths.size()), 1);
    if (tap_.on()) tap_.look(burst_, now);
  }
  void tell() {
    listeners_.fill(web);
    tap_.tell(burst_, listeners_);
    free_burst();
  }
  void free_burst() {
    for (uint32_t i = 0; i < burst_.size; ++i) test::free_packet(burst_.packets[i]);
  }
  std::vector<Record> records() {
    std::vector<Record> records;
    for (auto bytes = tap_.records().front(); !bytes.empty(); bytes = tap_.records().front()) {
      const auto body = bytes.subspan(sizeof(TapRecord));
      records.push_back({load<TapRecord>(bytes.data()), {body.begin(), body.end()}});
      tap_.records().pop();
    }
    return records;
  }

  test::PacketPool pool_;
  CaptureWishes wishes_;
  Tap tap_;
  Burst burst_;
  std::array<ListenerSlot, Burst::packets_max> listeners_;
};

TEST_F(TapTest, NobodyWantsNothing) {
  EXPECT_FALSE(tap_.on());
  want(0, {});
  EXPECT_TRUE(tap_.on());
  tap_.want(nullptr);
  EXPECT_FALSE(tap_.on());
  EXPECT_FALSE(tap_.holds(&wishes_));
}

TEST_F(TapTest, APacketIsToldAsItCameInAndAsItLeaves) {
  want(0, {});
  receive({60});
  const test::Bytes came = test::bytes_of(burst_.packets[0]);
  burst_.packets[0].data()[20] = std::byte{0xff};
  burst_.packets[0].prepend(4);
  burst_.transmit(0, 2);
  const test::Bytes left = test::bytes_of(burst_.packets[0]);
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].bytes, came);
  EXPECT_EQ(told[0].front.frame_bytes, 60u);
  EXPECT_EQ(told[0].front.time, now);
  EXPECT_EQ(told[0].front.listener, web);
  EXPECT_EQ(told[0].front.interface, 1);
  EXPECT_EQ(told[0].front.point, TapPoint::received);
  EXPECT_EQ(told[0].front.drop, Drop::none);
  EXPECT_EQ(told[1].bytes, left);
  EXPECT_EQ(told[1].front.interface, 2);
  EXPECT_EQ(told[1].front.point, TapPoint::sent);
}

TEST_F(TapTest, ADropHasItsNameAndTheBytesItCameWith) {
  want(0, {.drops_only = true});
  receive({60, 61});
  const test::Bytes came = test::bytes_of(burst_.packets[1]);
  burst_.packets[1].data()[20] = std::byte{0xff};
  burst_.transmit(0, 2);
  burst_.drop(1, Drop::no_route);
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].bytes, came);
  EXPECT_EQ(name(told[0].front.drop), name(Drop::no_route));
}

TEST_F(TapTest, AnAnswerIsToldAsWhatItAnswers) {
  want(0, {});
  want(1, {.drops_only = true});
  receive({60});
  burst_.refuse(0, Drop::no_listener, Reply::tcp_reset);
  burst_.revive(0);
  burst_.transmit(0, 1);
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].front.wanted, 0b11);
  EXPECT_EQ(told[0].front.drop, Drop::no_listener);
  EXPECT_EQ(told[1].front.wanted, 0b01);
  EXPECT_EQ(told[1].front.note, TapNote::answer);
  EXPECT_EQ(told[1].front.drop, Drop::no_listener);
}

TEST_F(TapTest, WhatMatchedOnArrivalIsFollowed) {
  want(0, {.filter = of_length(60)});
  want(1, {.filter = of_length(80)});
  receive({60, 61});
  for (uint32_t i : {0u, 1u}) {
    burst_.packets[i].prepend(20);
    burst_.transmit(i, 0);
  }
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].front.wanted, 0b01);
  EXPECT_EQ(told[1].front.wanted, 0b11);  // was 60 bytes long, is 80 now
}

TEST_F(TapTest, WhatIsHandedOffIsToldByItsOwner) {
  want(0, {});
  receive({60, 61, 62});
  burst_.hand_off(0, 1);
  burst_.to_twin(1);
  burst_.hold(2);
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].front.note, TapNote::to_twin);
  EXPECT_EQ(told[1].front.note, TapNote::held);
}

TEST_F(TapTest, WhatOnlyLeavesIsToldWithItsInterface) {
  want(0, {});
  receive({60, 61, 62});
  tap_.tell(burst_, listeners_);
  records();
  burst_.live = 0b111;
  burst_.transmit(0, 1);
  burst_.drop(1, Drop::next_hop_unresolved);
  burst_.hand_off(2, 1);
  const std::array<TapPlace, 3> places{{{web, 1}, {web, 5}, {web, 1}}};
  tap_.tell_leaving(burst_, TapNote::from_twin, places, now);
  free_burst();
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].front.interface, 1);
  EXPECT_EQ(told[0].front.note, TapNote::from_twin);
  EXPECT_EQ(told[1].front.interface, 5);
  EXPECT_EQ(told[1].front.drop, Drop::next_hop_unresolved);
  EXPECT_EQ(told[1].front.point, TapPoint::sent);
}

TEST_F(TapTest, NoMoreThanAskedForIsCopiedOfAnySegment) {
  want(0, {.snap_bytes = 100});
  want(1, {.snap_bytes = 700});
  const test::Bytes frame = ethernet().payload_bytes(1486).build();
  burst_.packets[0] = pool_.make(frame, 300);
  burst_.start(1, 0);
  tap_.look(burst_, now);
  burst_.drop(0, Drop::land);
  tell();
  const auto told = records();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].bytes, test::Bytes(frame.begin(), frame.begin() + 700));
  EXPECT_EQ(told[0].front.frame_bytes, 1500u);
}

TEST_F(TapTest, WithoutRoomRecordsAreLostAndCounted) {
  want(0, {});
  want(2, {.filter = of_length(1500)});
  want(3, {.filter = of_length(61)});
  const auto drop_one = [&] {
    receive({1500});
    burst_.drop(0, Drop::land);
    tell();
  };
  uint64_t taken = 0;
  for (drop_one(); tap_.lost(0, 1) == 0; drop_one()) ASSERT_LT(++taken, 10'000u);
  EXPECT_EQ(tap_.lost(2, 1), 1u);
  EXPECT_EQ(tap_.lost(3, 1), 0u);
  EXPECT_EQ(records().size(), taken);
  drop_one();
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(TapTest, WishesAreHeldUntilTheBurstIsTold) {
  want(0, {});
  receive({60});
  burst_.drop(0, Drop::land);
  CaptureWishes none_of_them;
  tap_.want(&none_of_them);
  EXPECT_TRUE(tap_.holds(&wishes_));
  tell();
  EXPECT_FALSE(tap_.holds(&wishes_));
  EXPECT_TRUE(tap_.holds(&none_of_them));
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(TapTest, ALateDropIsToldOnceTimeIsKnown) {
  want(0, {});
  const Packet packet = pool_.make(ethernet().payload_bytes(46).build());
  tap_.tell_late_drop(packet, Drop::transmit_full, TapPoint::sent, 2);
  EXPECT_TRUE(records().empty());
  receive({60});
  burst_.drop(0, Drop::land);
  tell();
  tap_.tell_late_drop(packet, Drop::transmit_full, TapPoint::sent, 2);
  test::free_packet(packet);
  const auto told = records();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].front.drop, Drop::transmit_full);
  EXPECT_EQ(told[1].front.interface, 2);
  EXPECT_EQ(told[1].front.time, now);
}

}  // namespace
}  // namespace weft
