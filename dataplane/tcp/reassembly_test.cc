#include "dataplane/tcp/reassembly.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weft {
namespace {

constexpr Sequence start{0xffffff80};

struct Stretch {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Stretch&) const = default;
};

std::vector<Stretch> blocks_of(const Reassembly& reassembly, uint32_t room) {
  std::array<SequenceRange, Reassembly::runs_max> all;
  const uint32_t count = reassembly.blocks(std::span(all).first(room));
  std::vector<Stretch> blocks;
  for (uint32_t i = 0; i < count; ++i) {
    blocks.push_back({all[i].begin - start, all[i].end - start});
  }
  return blocks;
}

bool insert(Reassembly& reassembly, uint32_t begin, std::string_view text) {
  return reassembly.insert(start + begin, Slice::copy_of(text));
}

TEST(Reassembly, BytesWaitForThoseBeforeThem) {
  Reassembly reassembly;
  EXPECT_TRUE(insert(reassembly, 3, "def"));
  Chain to;
  EXPECT_EQ(reassembly.take_from(start, to), 0u);
  EXPECT_EQ(reassembly.take_from(start + 3, to), 3u);
  EXPECT_EQ(to.text(), "def");
  EXPECT_TRUE(reassembly.empty());
  EXPECT_EQ(reassembly.pinned_bytes(), 0u);
}

TEST(Reassembly, TheFirstCopyStays) {
  Reassembly reassembly;
  insert(reassembly, 2, "cd");
  insert(reassembly, 6, "gh");
  insert(reassembly, 0, "ABCDEFGHIJ");
  Chain to;
  EXPECT_EQ(reassembly.take_from(start, to), 10u);
  EXPECT_EQ(to.text(), "ABcdEFghIJ");
}

TEST(Reassembly, WhatLiesBeforeIsDropped) {
  Reassembly reassembly;
  insert(reassembly, 2, "cdef");
  insert(reassembly, 10, "k");
  Chain to;
  EXPECT_EQ(reassembly.take_from(start + 4, to), 2u);
  EXPECT_EQ(to.text(), "ef");
  EXPECT_EQ(reassembly.take_from(start + 20, to), 0u);
  EXPECT_TRUE(reassembly.empty());
}

// RFC 2018, 4: the stretch that the last segment is part of comes first.
TEST(Reassembly, BlocksAreNewestFirst) {
  Reassembly reassembly;
  insert(reassembly, 10, "a");
  insert(reassembly, 20, "b");
  insert(reassembly, 30, "c");
  EXPECT_EQ(blocks_of(reassembly, 4), (std::vector<Stretch>{{30, 31}, {20, 21}, {10, 11}}));
  insert(reassembly, 11, "a");
  EXPECT_EQ(blocks_of(reassembly, 2), (std::vector<Stretch>{{10, 12}, {30, 31}}));
  insert(reassembly, 21, "bbbbbbbbb");
  EXPECT_EQ(blocks_of(reassembly, 4), (std::vector<Stretch>{{20, 31}, {10, 12}}));
}

TEST(Reassembly, SaysWhatItKnows) {
  Reassembly reassembly;
  insert(reassembly, 10, "aaaa");
  insert(reassembly, 20, "bbbb");
  const auto known = [&](uint32_t begin, uint32_t end) {
    const SequenceRange part = reassembly.known_part({start + begin, start + end});
    return part.empty() ? Stretch{} : Stretch{part.begin - start, part.end - start};
  };
  EXPECT_EQ(known(0, 10), Stretch{});
  EXPECT_EQ(known(14, 20), Stretch{});
  EXPECT_EQ(known(24, 30), Stretch{});
  EXPECT_EQ(known(8, 12), (Stretch{10, 12}));
  EXPECT_EQ(known(11, 13), (Stretch{11, 13}));
  EXPECT_EQ(known(12, 22), (Stretch{12, 14}));
  EXPECT_EQ(known(0, 40), (Stretch{10, 14}));
  EXPECT_EQ(known(23, 25), (Stretch{23, 24}));
}

TEST(Reassembly, HasABound) {
  Reassembly reassembly;
  for (uint32_t i = 0; i < Reassembly::runs_max; ++i) EXPECT_TRUE(insert(reassembly, 2 * i, "x"));
  EXPECT_FALSE(insert(reassembly, 2 * Reassembly::runs_max, "x"));
  EXPECT_TRUE(insert(reassembly, 1, "y"));  // needs none of its own
  EXPECT_EQ(blocks_of(reassembly, Reassembly::runs_max).size(), Reassembly::runs_max - 1);
}

TEST(Reassembly, IsAsANaiveModelSays) {
  std::mt19937_64 random(7);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (uint32_t round = 0; round < 300; ++round) {
    Reassembly reassembly;
    std::map<uint32_t, char> model;
    uint32_t next = 0;
    for (uint32_t step = 0; step < 60; ++step) {
      const uint32_t begin = next + 1 + below(120);
      std::string text(1 + below(25), static_cast<char>('a' + below(26)));
      ASSERT_TRUE(insert(reassembly, begin, text));
      for (uint32_t i = 0; i < text.size(); ++i) model.emplace(begin + i, text[i]);
      const uint32_t from = below(8) == 0 ? next + 1 + below(40) : next;
      Chain to;
      const uint32_t taken = reassembly.take_from(start + from, to);
      std::string expected;
      for (uint32_t i = from; model.contains(i); ++i) expected += model[i];
      ASSERT_EQ(to.text(), expected) << round << " " << step;
      ASSERT_EQ(taken, expected.size());
      next = from + taken;
      model.erase(model.begin(), model.lower_bound(next));
      uint32_t bytes = 0;
      for (const Stretch& block : blocks_of(reassembly, Reassembly::runs_max)) {
        bytes += block.end - block.begin;
      }
      ASSERT_EQ(bytes, model.size());
    }
  }
}

}  // namespace
}  // namespace weft
