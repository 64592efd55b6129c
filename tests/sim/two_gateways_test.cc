// Nothing of a gateway is the process's: two live side by side, each with its own mgmt and workers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "dataplane/wire/headers.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {
namespace {

// A gateway whose endpoints answer their probes at once, but for those in `dead`.
struct Site {
  Site(uint64_t seed, std::string_view hash_seed)
      : gateway({.seed = seed}, model_of(services(), hash_seed),
                {.probe = [this](const mgmt::EndpointProbe& probe) { probes.push_back(probe); }}) {}

  void advance(Duration duration) {
    for (const Instant until = now + duration; now < until;) {
      now += milliseconds(1);
      for (const mgmt::EndpointProbe& probe : std::exchange(probes, {})) {
        const bool fails = dead.contains(probe.address.to_string());
        gateway.probed({probe.endpoint, probe.attempt,
                        fails ? mgmt::ProbeOutcome::failed : mgmt::ProbeOutcome::passed, ""});
      }
      gateway.advance(now);
    }
  }

  // The endpoints that the SYNs of these clients go to, by client and service.
  std::map<std::string, std::string> endpoints_of_flows(uint16_t first_port) {
    constexpr uint16_t flows = 200;
    std::map<std::string, std::string> endpoints;
    for (const Service& service : services()) {
      for (uint16_t i = 0; i < flows; ++i) {
        test::FrameBuilder frame = test::ethernet().to(gateway_mac).from(router_mac);
        frame.ipv4("198.51.100.1", service.address);
        const auto port = static_cast<uint16_t>(first_port + i);
        service.protocol == Protocol::tcp ? frame.tcp(port, service.port, tcp_flag::syn)
                                          : frame.udp(port, service.port);
        EXPECT_TRUE(gateway.push(i % SimulatedGateway::workers, frame.build()));
        advance(milliseconds(3));
        const std::string flow = fmt::format("{} {}", service.name, port);
        for (uint32_t queue = 0; queue < SimulatedGateway::workers; ++queue) {
          while (const auto sent = gateway.pull(queue)) {
            endpoints[flow] = test::decode(*sent).destination;
          }
        }
      }
    }
    return endpoints;
  }

  std::vector<mgmt::EndpointProbe> probes;
  std::set<std::string> dead;
  Instant now{};
  SimulatedGateway gateway;
};

std::set<std::string> values(const std::map<std::string, std::string>& map) {
  std::set<std::string> result;
  for (const auto& [key, value] : map) result.insert(value);
  return result;
}

TEST(TwoGateways, OfAFleetGiveTheSameFlowsTheSameEndpoints) {
  Site one(1, "fleet"), two(2, "fleet");
  one.advance(seconds(1));
  two.advance(seconds(1));
  const auto first = one.endpoints_of_flows(1024);
  EXPECT_EQ(first.size(), 4 * 200u);
  EXPECT_EQ(values(first).size(), 14u) << "every endpoint gets flows";
  EXPECT_EQ(first, two.endpoints_of_flows(1024));
}

TEST(TwoGateways, OfDifferentHashSeedsChooseDifferently) {
  Site one(1, "fleet"), other(1, "another fleet");
  one.advance(seconds(1));
  other.advance(seconds(1));
  EXPECT_NE(one.endpoints_of_flows(1024), other.endpoints_of_flows(1024));
}

TEST(TwoGateways, HoldTheirOwnStateCountersAndConfiguration) {
  Site one(1, "fleet"), two(2, "fleet");
  one.advance(seconds(1));
  two.advance(seconds(1));
  one.dead.insert("10.0.0.1");
  mgmt::Model changed = one.gateway.model();
  changed.clusters.back().endpoints.front().weight = 0;  // 10.0.0.31
  one.gateway.reload(changed);
  one.advance(seconds(1));
  two.advance(seconds(1));
  EXPECT_EQ(one.gateway.state("10.0.0.1"), EndpointState::down);
  EXPECT_EQ(two.gateway.state("10.0.0.1"), EndpointState::healthy);
  EXPECT_EQ(one.gateway.state("10.0.0.31"), EndpointState::draining);
  EXPECT_EQ(two.gateway.state("10.0.0.31"), EndpointState::healthy);

  const auto used = values(one.endpoints_of_flows(1024));
  EXPECT_FALSE(used.contains("10.0.0.1"));
  EXPECT_FALSE(used.contains("10.0.0.31"));
  uint64_t received = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    received += two.gateway.counters(worker).interfaces[0].receive_packets.read();
  }
  EXPECT_EQ(received, 0u);
  EXPECT_EQ(values(two.endpoints_of_flows(1024)).size(), 14u);
}

}  // namespace
}  // namespace weft::sim
