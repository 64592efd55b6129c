#include "dataplane/table/maglev_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace weft {
namespace {

using testing::ElementsAre;
using Weights = std::vector<uint32_t>;

std::vector<uint16_t> fill(const std::vector<MaglevPermutation>& permutations, uint32_t slots) {
  const Weights equal(permutations.size(), 1);
  return maglev_fill(permutations, maglev_turns(maglev_shares(equal, slots)), slots);
}

// The paper's table 1: B0 (3, 4), B1 (0, 2), B2 (3, 1), with and without B1.
TEST(MaglevBuild, FillsThePapersTable) {
  EXPECT_THAT(fill({{3, 4}, {0, 2}, {3, 1}}, 7), ElementsAre(1, 0, 1, 0, 2, 2, 0));
  EXPECT_THAT(fill({{3, 4}, {3, 1}}, 7), ElementsAre(0, 0, 0, 0, 1, 1, 1));
}

// The definition, without what makes it fast.
std::vector<uint16_t> plain_fill(const std::vector<MaglevPermutation>& permutations,
                                 const std::vector<uint16_t>& turns, uint32_t slots) {
  constexpr uint16_t nobody = UINT16_MAX;
  std::vector<uint16_t> table(slots, nobody);
  for (uint16_t turn : turns) {
    uint64_t at = permutations[turn].offset;
    while (table[at] != nobody) at = (at + permutations[turn].skip) % slots;
    table[at] = turn;
  }
  return table;
}

TEST(MaglevBuild, FillsAsTheDefinitionSays) {
  std::mt19937 random(1);
  for (uint32_t slots : {7u, 11u, 101u, 1021u, 4093u, 65537u}) {
    for (uint32_t endpoints : {1u, 2u, 3u, 6u, 100u, 1000u}) {
      // The definition takes slots / endpoints tries a slot.
      if (endpoints >= slots || slots > 1000 * endpoints) continue;
      Weights weights(endpoints);
      std::vector<MaglevPermutation> permutations(endpoints);
      for (uint32_t& weight : weights) weight = 1 + random() % 20;
      for (auto& permutation : permutations) {
        permutation = {static_cast<uint32_t>(random() % slots),
                       static_cast<uint32_t>(1 + random() % (slots - 1))};
      }
      const auto turns = maglev_turns(maglev_shares(weights, slots));
      EXPECT_EQ(maglev_fill(permutations, turns, slots), plain_fill(permutations, turns, slots))
          << endpoints << " endpoints, " << slots << " slots";
    }
  }
}

TEST(MaglevBuild, SharesMatchTheWeightsToARounding) {
  EXPECT_THAT(maglev_shares(Weights{1, 2}, 65537), ElementsAre(21846, 43691));
  EXPECT_THAT(maglev_shares(Weights{2, 13, 111, 10}, 1021), ElementsAre(15, 98, 833, 75));
  EXPECT_THAT(maglev_shares(Weights{1, 1, 1}, 7), ElementsAre(3, 2, 2));
  EXPECT_THAT(maglev_shares(Weights{10, 1}, 1021), ElementsAre(928, 93));
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    Weights weights(1 + random() % 50);
    for (uint32_t& weight : weights) weight = random() >> (random() % 32);
    weights[0] += weights[0] == 0;
    const uint64_t total = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
    const auto shares = maglev_shares(weights, 1021);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), 0u), 1021u);
    for (size_t i = 0; i < weights.size(); ++i) {
      const uint64_t floor = uint64_t{weights[i]} * 1021 / total;
      const uint64_t ceiling = floor + (uint64_t{weights[i]} * 1021 % total != 0);
      EXPECT_TRUE(shares[i] == floor || shares[i] == ceiling);
    }
  }
}

TEST(MaglevBuild, WeightsUpToTheLargestDoNotOverflow) {
  const Weights weights(1000, UINT32_MAX);
  const auto shares = maglev_shares(weights, 1048573);
  EXPECT_THAT(shares, testing::Each(testing::AnyOf(1048u, 1049u)));
}

TEST(MaglevBuild, EqualSharesTakeTurnsInOrder) {
  EXPECT_THAT(maglev_turns(Weights{3, 2, 2}), ElementsAre(0, 1, 2, 0, 1, 2, 0));
  EXPECT_THAT(maglev_turns(Weights{2, 3, 2}), ElementsAre(0, 1, 2, 0, 1, 2, 1));
}

TEST(MaglevBuild, TurnsStayInProportionFromTheFirstToTheLast) {
  const Weights shares = {15, 98, 0, 833, 75};
  const auto turns = maglev_turns(shares);
  ASSERT_EQ(turns.size(), 1021u);
  Weights had(shares.size());
  for (size_t turn = 0; turn < turns.size(); ++turn) {
    ++had[turns[turn]];
    for (size_t i = 0; i < shares.size(); ++i) {
      const double due = static_cast<double>(turn + 1) * shares[i] / 1021;
      EXPECT_NEAR(had[i], due, 4.0) << "turn " << turn;
    }
  }
  EXPECT_EQ(had, shares);
}

}  // namespace
}  // namespace weft
