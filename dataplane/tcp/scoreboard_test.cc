#include "dataplane/tcp/scoreboard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace weft {
namespace {

using State = SentRange::State;

constexpr Sequence start{0xffffff00};

SequenceRange range(uint32_t begin, uint32_t end) {
  return {start + begin, start + end};
}

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

TEST(Scoreboard, WhatIsSentAtOneInstantIsOne) {
  Scoreboard ranges;
  ranges.push(range(0, 1000), at(1));
  ranges.push(range(1000, 2000), at(1));
  ranges.push(range(2000, 3000), at(2));
  EXPECT_EQ(ranges.count(), 2u);
  EXPECT_EQ(ranges.front().size(), 2000u);
  EXPECT_EQ(ranges.outstanding(), 3000u);
}

TEST(Scoreboard, WhatIsSentAgainDoesNotGrow) {
  Scoreboard ranges;
  ranges.push(range(0, 1000), at(1));
  ranges.set_lost(0);
  ranges.retransmit(0, at(2));
  ranges.push(range(1000, 2000), at(2));
  EXPECT_EQ(ranges.count(), 2u);
  EXPECT_TRUE(ranges[0].retransmitted);
  EXPECT_FALSE(ranges[1].retransmitted);
}

TEST(Scoreboard, APartIsAcknowledged) {
  Scoreboard ranges;
  ranges.push(range(0, 1000), at(1));
  uint32_t bytes = 0;
  ranges.acknowledge(start + 300, [&](const SentRange& gone) { bytes += gone.size(); });
  EXPECT_EQ(bytes, 300u);
  EXPECT_EQ(ranges.front().begin, start + 300);
  ranges.acknowledge(start + 1000, [](const SentRange&) {});
  EXPECT_TRUE(ranges.empty());
  EXPECT_EQ(ranges.outstanding(), 0u);
}

TEST(Scoreboard, NeighboursThatAreAcknowledgedSelectivelyAreOne) {
  Scoreboard ranges;
  ranges.push(range(0, 4000), at(1));
  const auto ignore = [](const SentRange&) {};
  ranges.acknowledge_selectively(range(1000, 2000), ignore);
  ranges.acknowledge_selectively(range(3000, 4000), ignore);
  EXPECT_EQ(ranges.count(), 4u);
  ranges.acknowledge_selectively(range(2000, 3000), ignore);
  EXPECT_EQ(ranges.count(), 2u);
  EXPECT_EQ(ranges.sacked(), 3000u);
}

TEST(Scoreboard, ABlockOutsideIsNotTaken) {
  Scoreboard ranges;
  ranges.push(range(0, 1000), at(1));
  const auto unexpected = [](const SentRange&) { ADD_FAILURE(); };
  ranges.acknowledge_selectively(range(500, 1001), unexpected);
  ranges.acknowledge_selectively({start - 1, start + 500}, unexpected);
  EXPECT_EQ(ranges.sacked(), 0u);
}

TEST(Scoreboard, WhatIsForgottenIsLost) {
  Scoreboard ranges;
  ranges.push(range(0, 3000), at(1));
  ranges.acknowledge_selectively(range(1000, 2000), [](const SentRange&) {});
  EXPECT_EQ(ranges.first_lost(), ranges.count());
  ranges.forget_selective();
  EXPECT_EQ(ranges.sacked(), 0u);
  EXPECT_EQ(ranges.lost(), 1000u);
  EXPECT_EQ(ranges[ranges.first_lost()].begin, start + 1000);
}

// What the ranges say, byte by byte.
struct Byte {
  State state = State::outstanding;
  Instant sent{};
  bool retransmitted = false;
  bool operator==(const Byte&) const = default;
};

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {}

  void step() {
    switch (below(6)) {
      case 0:
      case 1:
        return push();
      case 2:
        return acknowledge();
      case 3:
        return acknowledge_selectively();
      case 4:
        return lose();
      default:
        return retransmit();
    }
  }

  void compare() {
    std::deque<Byte> all;
    Sequence next = start + first_;
    for (uint32_t i = 0; i < ranges_.count(); ++i) {
      const SentRange& r = ranges_[i];
      ASSERT_EQ(r.begin, next);
      ASSERT_LT(r.begin, r.end);
      next = r.end;
      all.insert(all.end(), r.size(), Byte{r.state, r.sent, r.retransmitted});
      const bool joined = i == 0 || !r.is(State::sacked) || !ranges_[i - 1].is(State::sacked);
      ASSERT_TRUE(joined);
      ASSERT_EQ(ranges_.find(r.begin), i);
      ASSERT_EQ(ranges_.find(r.end - 1), i);
    }
    ASSERT_EQ(all.size(), bytes_.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].state == State::sacked && bytes_[i].state == State::sacked) continue;
      ASSERT_EQ(all[i], bytes_[i]) << i;
    }
    ASSERT_EQ(ranges_.outstanding(), count_of(State::outstanding));
    ASSERT_EQ(ranges_.sacked(), count_of(State::sacked));
    ASSERT_EQ(ranges_.lost(), count_of(State::lost));
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  uint32_t count_of(State state) const {
    return static_cast<uint32_t>(std::count_if(
        bytes_.begin(), bytes_.end(), [&](const Byte& byte) { return byte.state == state; }));
  }
  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }

  void push() {
    if (size() > 300) return;
    now_ += milliseconds(below(2));
    const uint32_t n = 1 + below(20);
    ranges_.push(range(first_ + size(), first_ + size() + n), now_);
    bytes_.insert(bytes_.end(), n, Byte{State::outstanding, now_, false});
  }
  void acknowledge() {
    const uint32_t n = below(size() + 1);
    uint32_t visited = 0;
    ranges_.acknowledge(start + first_ + n, [&](const SentRange& r) { visited += r.size(); });
    ASSERT_EQ(visited, n);
    bytes_.erase(bytes_.begin(), bytes_.begin() + n);
    first_ += n;
  }
  void acknowledge_selectively() {
    if (size() == 0) return;
    const uint32_t begin = below(size());
    const uint32_t end = begin + 1 + below(size() - begin);
    uint32_t visited = 0;
    uint32_t news = 0;
    ranges_.acknowledge_selectively(range(first_ + begin, first_ + end),
                                    [&](const SentRange& r) { visited += r.size(); });
    for (uint32_t i = begin; i < end; ++i) {
      news += bytes_[i].state != State::sacked ? 1 : 0;
      bytes_[i].state = State::sacked;
    }
    ASSERT_EQ(visited, news);
  }
  void for_each_byte_of(uint32_t i, auto visit) {
    for (Sequence n = ranges_[i].begin; n < ranges_[i].end; n += 1) {
      visit(bytes_[n - (start + first_)]);
    }
  }
  void lose() {
    if (size() == 0) return;
    const uint32_t i = below(ranges_.count());
    if (!ranges_[i].is(State::outstanding)) return;
    ranges_.set_lost(i);
    for_each_byte_of(i, [](Byte& byte) { byte.state = State::lost; });
  }
  void retransmit() {
    uint32_t i = ranges_.first_lost();
    if (i == ranges_.count()) return;
    now_ += milliseconds(1);
    if (ranges_[i].size() > 5) ranges_.split(i, ranges_[i].begin + 5);
    ranges_.retransmit(i, now_);
    for_each_byte_of(i, [&](Byte& byte) { byte = {State::outstanding, now_, true}; });
  }

  std::mt19937_64 random_;
  Scoreboard ranges_;
  std::deque<Byte> bytes_;
  uint32_t first_ = 0;
  Instant now_ = at(1);
};

TEST(Scoreboard, AreAsANaiveModelSays) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Model model(seed);
    for (uint32_t i = 0; i < 300; ++i) {
      model.step();
      model.compare();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
}  // namespace weft
