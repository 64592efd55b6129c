// Two gateways with the same model and hash seed, different in everything else: health views,
// clocks, times of reloads, traffic. Whatever both find fit goes to the same endpoint.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/fleet_gateway.h"
#include "tests/sim/network.h"

namespace weft::sim {
namespace {

constexpr uint64_t seeds = 30;
constexpr int rounds = 12;
constexpr int flows_of_a_round = 60;

mgmt::ClusterSettings random_cluster(Random& random, std::string name) {
  mgmt::ClusterSettings cluster = fleet_cluster(std::move(name));
  const uint64_t endpoints = 1 + random.below(24);
  for (uint64_t e = 0; e < endpoints; ++e) {
    const uint64_t host = 1 + 40 * random.below(6) + e;
    cluster.endpoints.push_back(
        {"10.0.0." + std::to_string(host), 80,
         static_cast<uint32_t>(random.happens(10) ? 0 : 1 + random.below(4))});
  }
  std::ranges::sort(cluster.endpoints, {}, &mgmt::EndpointSettings::host);
  const auto same = std::ranges::unique(cluster.endpoints, {}, &mgmt::EndpointSettings::host);
  cluster.endpoints.erase(same.begin(), same.end());
  if (random.happens(30)) cluster.slow_start_ms = milliseconds(2000);
  if (random.happens(50)) cluster.previous_tables_ms = milliseconds(1000);
  if (random.happens(20)) cluster.health.reset();
  return cluster;
}

mgmt::Model random_model(Random& random) {
  mgmt::Model model = fleet_model({random_cluster(random, "a"), random_cluster(random, "b")});
  if (random.happens(30)) model.listeners[0].hash = HashOn::source;
  return model;
}

// One of two gateways, with a clock and a view of the world of its own.
struct Member {
  Member(const mgmt::Model& model, uint64_t seed)
      : random(seed),
        offset(milliseconds(random.below(100'000))),
        rate(1 + 0.01 * static_cast<double>(random.below(5))),
        gateway(model, seed, Instant(offset)) {}

  void advance(Duration time) {
    const auto own = Duration(static_cast<int64_t>(static_cast<double>(time.count()) * rate));
    gateway.advance(Instant(offset + own), dead);
  }
  // The order of the endpoints in the file says nothing.
  mgmt::Model shuffled(mgmt::Model model) {
    for (mgmt::ClusterSettings& cluster : model.clusters) {
      for (std::size_t i = cluster.endpoints.size(); i > 1; --i) {
        std::swap(cluster.endpoints[i - 1], cluster.endpoints[random.below(i)]);
      }
    }
    return model;
  }
  void change_its_mind(uint64_t percent) {
    dead.clear();
    for (uint32_t host = 1; host < 255; ++host) {
      if (random.happens(static_cast<uint32_t>(percent))) {
        dead.insert(IpAddress::v4(be32(0x0a000000 + host)));
      }
    }
  }

  Random random;
  Duration offset;
  double rate;
  std::set<IpAddress> dead;
  FleetGateway gateway;
};

struct Tally {
  uint64_t agreed = 0;  // both found the same first choice fit, and sent the flow there
  uint64_t rest = 0;
  uint64_t rest_differs = 0;
};

struct Pair {
  explicit Pair(uint64_t seed)
      : random(seed),
        model(random_model(random)),
        one(model, 2 * seed),
        other(model, 2 * seed + 1) {}

  void run(Tally& tally) {
    for (int round = 0; round < rounds; ++round) {
      one.change_its_mind(random.below(30));
      other.change_its_mind(random.below(30));
      if (random.happens(40)) model = random_model(random);
      const Duration one_reloads = time + milliseconds(random.below(1500));
      const Duration other_reloads = time + milliseconds(random.below(1500));
      for (const Duration until = time + milliseconds(3000); time < until;
           time += milliseconds(50)) {
        if (reloads(one_reloads)) one.gateway.reload(one.shuffled(model));
        if (reloads(other_reloads)) other.gateway.reload(other.shuffled(model));
        one.advance(time);
        other.advance(time);
        for (int i = 0; i < flows_of_a_round / 60; ++i) compare(tally);
      }
    }
  }

  bool reloads(Duration at) const { return time <= at && at < time + milliseconds(50); }

  void compare(Tally& tally) {
    const FleetFlow flow{IpAddress::v4(be32(0xac100000 + next_flow++)),
                         static_cast<uint16_t>(1024 + random.below(50'000)),
                         static_cast<uint32_t>(random.below(2))};
    const bool in_the_middle = random.happens(30);
    const auto first = one.gateway.first_choice(flow, in_the_middle);
    const auto second = other.gateway.first_choice(flow, in_the_middle);
    const bool same_choice = first && second &&
                             one.gateway.address(*first) == other.gateway.address(*second) &&
                             one.gateway.fit(*first, flow) && other.gateway.fit(*second, flow);
    const uint8_t flags = in_the_middle ? tcp_flag::ack : tcp_flag::syn;
    const auto there = one.gateway.send(flow, flags);
    const auto elsewhere = other.gateway.send(flow, flags);
    if (!same_choice) {
      ++tally.rest;
      tally.rest_differs += there != elsewhere ? 1 : 0;
      return;
    }
    ++tally.agreed;
    ASSERT_TRUE(there.has_value() && elsewhere.has_value());
    EXPECT_EQ(there->to_string(), one.gateway.address(*first).to_string());
    EXPECT_EQ(there->to_string(), elsewhere->to_string());
  }

  Random random;
  mgmt::Model model;
  Member one;
  Member other;
  Duration time{};
  uint32_t next_flow = 0;
};

TEST(FleetAgreement, WhatBothFindFitGoesToTheSameEndpoint) {
  Tally tally;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    Pair(seed).run(tally);
    if (testing::Test::HasFailure()) return;
  }
  const uint64_t all = tally.agreed + tally.rest;
  std::printf(
      "of %lu flows %.1f %% had a first choice that both found fit: all agreed; of the rest "
      "%.1f %% differed\n",
      all, 100.0 * static_cast<double>(tally.agreed) / static_cast<double>(all),
      100.0 * static_cast<double>(tally.rest_differs) / static_cast<double>(tally.rest));
  EXPECT_GT(tally.agreed, all / 3);
  EXPECT_GT(tally.rest, all / 20);
}

}  // namespace
}  // namespace weft::sim
