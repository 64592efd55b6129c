// How many flows without an entry a change of the set moves: measured, beside the least that must
// move and beside ring hashing (Karger et al., "Consistent hashing and random trees", 1997), which
// pays for its small disruption with uneven shares.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "dataplane/table/hash_of.h"
#include "dataplane/table/maglev.h"

namespace weft {
namespace {

using Endpoints = std::vector<MaglevEndpoint>;

constexpr uint32_t flows = 1u << 16;
constexpr uint32_t points_per_weight = 160;  // as ketama

// Points on a circle; a flow goes to the owner of the next point.
class Ring {
 public:
  explicit Ring(const Endpoints& endpoints) {
    for (uint16_t i = 0; i < endpoints.size(); ++i) {
      for (uint32_t point = 0; point < points_per_weight * endpoints[i].weight; ++point) {
        const uint64_t key = hash_of(endpoints[i].address) + point;
        points_.emplace_back(static_cast<uint32_t>(XXH3_64bits(&key, sizeof(key))), i);
      }
    }
    std::ranges::sort(points_);
  }
  uint16_t pick(uint32_t hash) const {
    const auto next = std::ranges::lower_bound(points_, std::pair<uint32_t, uint16_t>{hash, 0});
    return next == points_.end() ? points_.front().second : next->second;
  }
  // The part of all flows that each endpoint gets.
  std::vector<double> shares(std::size_t endpoints) const {
    std::vector<double> shares(endpoints);
    double from = static_cast<double>(points_.back().first) - 0x1p32;
    for (const auto& [point, endpoint] : points_) {
      shares[endpoint] += (point - from) / 0x1p32;
      from = point;
    }
    return shares;
  }

 private:
  std::vector<std::pair<uint32_t, uint16_t>> points_;
};

Endpoints equal(uint32_t count) {
  Endpoints endpoints;
  for (uint32_t i = 0; i < count; ++i) {
    endpoints.push_back({IpAddress::v4(be32(0x0a000001 + i)), 8080, 1});
  }
  return endpoints;
}

// The share of flows that another endpoint gets.
template <class Table>
double moved(const Table& one, const Endpoints& before, const Table& other,
             const Endpoints& after) {
  std::mt19937 random(1);
  uint32_t differ = 0;
  for (uint32_t flow = 0; flow < flows; ++flow) {
    const auto hash = static_cast<uint32_t>(random());
    differ += before[one.pick(hash)].address != after[other.pick(hash)].address;
  }
  return static_cast<double>(differ) / flows;
}

std::vector<double> shares(const Maglev& table, std::size_t endpoints) {
  std::vector<double> shares(endpoints);
  for (const uint16_t endpoint : table.slots()) shares[endpoint] += 1.0 / table.slots().size();
  return shares;
}

// The most loaded endpoint's share over what its weight says.
double peak(const std::vector<double>& shares, const Endpoints& endpoints) {
  double weights = 0;
  for (const MaglevEndpoint& endpoint : endpoints) weights += endpoint.weight;
  double most = 0;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    most = std::max(most, shares[i] * weights / endpoints[i].weight);
  }
  return most;
}

// What endpoints lose because their share of the whole is smaller, or because they are gone.
double least(const Endpoints& before, const Endpoints& after) {
  std::map<IpAddress, double> shares;
  const auto add = [&](const Endpoints& endpoints, double sign) {
    double weights = 0;
    for (const MaglevEndpoint& endpoint : endpoints) weights += endpoint.weight;
    for (const MaglevEndpoint& endpoint : endpoints) {
      shares[endpoint.address] += sign * endpoint.weight / weights;
    }
  };
  add(before, 1);
  add(after, -1);
  double lost = 0;
  for (const auto& [address, share] : shares) lost += std::max(0.0, share);
  return lost;
}

struct Measured {
  double least, maglev, ring, maglev_peak, ring_peak;
};

Measured measure(const char* change, const Endpoints& before, const Endpoints& after) {
  const uint32_t slots = maglev_slots(static_cast<uint32_t>(std::max(before.size(), after.size())));
  const Maglev maglev_before(before, slots, 7);
  const Maglev maglev_after(after, slots, 7);
  const Ring ring_before(before);
  const Ring ring_after(after);
  const Measured result{least(before, after), moved(maglev_before, before, maglev_after, after),
                        moved(ring_before, before, ring_after, after),
                        peak(shares(maglev_after, after.size()), after),
                        peak(ring_after.shares(after.size()), after)};
  std::printf("%5zu  %-24s %6.3f %%  %6.3f %%  %6.3f %%    %5.2f  %5.2f\n", before.size(), change,
              100 * result.least, 100 * result.maglev, 100 * result.ring, result.maglev_peak,
              result.ring_peak);
  return result;
}

TEST(MaglevDisruption, IsNearTheLeastAndSharesStayEven) {
  std::printf("                                flows without an entry that move    peak / mean\n");
  std::printf("    n  change                     least    Maglev      ring   Maglev   ring\n");
  for (const uint32_t count : {10u, 100u, 1000u}) {
    const Endpoints all = equal(count);
    Endpoints one_less = all;
    one_less.erase(one_less.begin() + count / 2);
    Endpoints tenth_less = all;
    std::erase_if(tenth_less, [](const MaglevEndpoint& endpoint) {
      return (endpoint.address.v4().host() & 0xffffff) % 10 == 5;
    });
    Endpoints heavier = all;
    heavier[count / 3].weight = 2;
    for (const auto& [change, before, after] :
         {std::tuple{"one removed", all, one_less}, std::tuple{"one added", one_less, all},
          std::tuple{"a tenth removed", all, tenth_less},
          std::tuple{"a tenth added", tenth_less, all},
          std::tuple{"one of twice the weight", all, heavier}}) {
      const Measured result = measure(change, before, after);
      // What has to move, and at most this share of the flows besides.
      EXPECT_GE(result.maglev, 0.97 * result.least) << change;
      EXPECT_LE(result.maglev, 2 * result.least + 0.01) << change;
      EXPECT_LT(result.maglev_peak, result.ring_peak) << change;
    }
  }
}

// The second table in a row is built from the set alone: a change that is taken back moves back
// what it moved, and nothing else.
TEST(MaglevDisruption, AChangeTakenBackLeavesNothing) {
  const Endpoints all = equal(100);
  Endpoints less = all;
  less.erase(less.begin() + 17);
  const uint32_t slots = maglev_slots(100);
  const Maglev before(all, slots, 7);
  const Maglev between(less, slots, 7);
  const Maglev after(all, slots, 7);
  EXPECT_GT(moved(before, all, between, less), 0.01);
  EXPECT_EQ(moved(before, all, after, all), 0.0);
}

}  // namespace
}  // namespace weft
