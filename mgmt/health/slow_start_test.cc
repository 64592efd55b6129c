#include "mgmt/health/slow_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Changes = std::vector<std::pair<uint32_t, uint32_t>>;  // slot and share

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

Changes poll(SlowStarts& starts, int64_t ms) {
  Changes changes;
  starts.poll(at(ms),
              [&](EndpointSlot slot, uint32_t share) { changes.emplace_back(index(slot), share); });
  return changes;
}

TEST(SlowStart, TheShareGrowsStepByStepUntilItIsTheWhole) {
  SlowStarts starts;
  starts.begin(EndpointSlot{7}, milliseconds(31'000), at(1000));
  EXPECT_EQ(starts.next_poll(), at(2000));
  EXPECT_THAT(poll(starts, 1999), IsEmpty());
  for (uint32_t share = 2; share <= flow_shares; ++share) {
    EXPECT_EQ(poll(starts, 1000 * share), (Changes{{7, share}}));
  }
  EXPECT_EQ(starts.next_poll(), Instant::max());
  EXPECT_THAT(poll(starts, 100'000), IsEmpty());
}

TEST(SlowStart, APollThatComesLateSkipsSteps) {
  SlowStarts starts;
  starts.begin(EndpointSlot{7}, milliseconds(31'000), at(0));
  EXPECT_EQ(poll(starts, 15'500), (Changes{{7, 16}}));
  EXPECT_EQ(starts.next_poll(), at(16'000));
  EXPECT_EQ(poll(starts, 1'000'000), (Changes{{7, flow_shares}}));
}

TEST(SlowStart, EachEndpointHasItsOwn) {
  SlowStarts starts;
  starts.begin(EndpointSlot{1}, milliseconds(31'000), at(0));
  starts.begin(EndpointSlot{2}, milliseconds(3'100), at(500));
  EXPECT_EQ(poll(starts, 600), (Changes{{2, 2}}));
  EXPECT_EQ(poll(starts, 1000), (Changes{{2, 6}, {1, 2}}));
  starts.end(EndpointSlot{2});
  starts.end(EndpointSlot{2});
  EXPECT_EQ(poll(starts, 2000), (Changes{{1, 3}}));
}

TEST(SlowStart, BegunAgainItBeginsAgain) {
  SlowStarts starts;
  starts.begin(EndpointSlot{1}, milliseconds(31'000), at(0));
  EXPECT_EQ(poll(starts, 20'000), (Changes{{1, 21}}));
  starts.begin(EndpointSlot{1}, milliseconds(31'000), at(20'500));
  EXPECT_EQ(poll(starts, 21'500), (Changes{{1, 2}}));
}

TEST(SlowStart, AVeryShortOneIsOverAtOnce) {
  SlowStarts starts;
  starts.begin(EndpointSlot{1}, Duration(1), at(5));
  EXPECT_EQ(poll(starts, 6), (Changes{{1, flow_shares}}));
}

}  // namespace
}  // namespace weft::mgmt
