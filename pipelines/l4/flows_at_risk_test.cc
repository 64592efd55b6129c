#include "pipelines/l4/flows_at_risk.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr uint16_t flows = 300;

// Ten endpoints, the last of them of this weight.
SnapshotBuilder configuration(uint32_t last_weight = 1) {
  std::vector<test::TestEndpoint> endpoints;
  for (uint32_t i = 1; i <= 10; ++i) {
    endpoints.push_back({"10.0.2." + std::to_string(i), 80, i == 10 ? last_weight : 1});
  }
  SnapshotBuilder b;
  b.cluster("web", endpoints);
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.11", 53, Protocol::udp, Forward::ipip, "web");
  b.listener("203.0.113.12", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("2001:db8:1::11", 80, Protocol::tcp, Forward::gue, "web");
  return b;
}

test::FrameBuilder tcp(uint16_t port, uint8_t flags = tcp_flag::ack,
                       const char* listener = "203.0.113.11") {
  return ethernet().ipv4("192.0.2.1", listener).tcp(port, 80, flags);
}
test::FrameBuilder tcp6(uint16_t port) {
  return ethernet().ipv6("2001:db8::1", "2001:db8:1::11").tcp(port, 80, tcp_flag::ack);
}

struct FlowsAtRiskTest : testing::Test {
  // A pass from its beginning to its end: what it found.
  std::vector<PlacedFlow> look() {
    path.l4->flows_at_risk().ask();
    const uint64_t before = path.counters.at_risk.passes.read();
    std::vector<PlacedFlow> found;
    for (int i = 0; i < 100 && path.counters.at_risk.passes.read() == before; ++i) {
      path.advance(milliseconds(20));
      path.l4->flows_at_risk().take(64, [&](const PlacedFlow& flow) { found.push_back(flow); });
    }
    EXPECT_EQ(path.counters.at_risk.passes.read(), before + 1);
    path.l4->flows_at_risk().take(UINT32_MAX,
                                  [&](const PlacedFlow& flow) { found.push_back(flow); });
    return found;
  }
  std::set<uint16_t> ports(const std::vector<PlacedFlow>& found) {
    std::set<uint16_t> ports;
    for (const PlacedFlow& flow : found) ports.insert(flow.client_port.host());
    EXPECT_EQ(ports.size(), found.size());
    return ports;
  }
  // Each flow's endpoint, once it is established.
  std::map<uint16_t, std::string> begin() {
    std::map<uint16_t, std::string> endpoints;
    for (uint16_t port = 1; port <= flows; ++port) {
      endpoints[port] = path.send(tcp(port)).frame.destination;
    }
    return endpoints;
  }

  Path path{configuration()};
};

TEST_F(FlowsAtRiskTest, ThoseAtTheirFirstChoiceAreNot) {
  begin();
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(path.counters.at_risk.flows.read(), 0u);
}

TEST_F(FlowsAtRiskTest, ThoseThatAChangeOfTheSetWouldMoveAre) {
  const auto had = begin();
  path.reconfigure(configuration(0));
  Path other(configuration(0));
  std::set<uint16_t> moved;
  for (const auto& [port, endpoint] : had) {
    if (other.send(tcp(port)).frame.destination != endpoint) moved.insert(port);
  }
  const auto found = look();
  ASSERT_GT(moved.size(), 15u);
  EXPECT_EQ(ports(found), moved);
  EXPECT_EQ(path.counters.at_risk.flows.read(), moved.size());
  const PlacedFlow& one = found.front();
  EXPECT_EQ(one.client.to_string(), "192.0.2.1");
  EXPECT_EQ(one.listener.to_string(), "203.0.113.11");
  EXPECT_EQ(one.listener_port.host(), 80);
  EXPECT_EQ(one.endpoint.to_string(), had.at(one.client_port.host()));
  EXPECT_EQ(one.endpoint_port.host(), 80);
}

TEST_F(FlowsAtRiskTest, ThoseOfAnEndpointThatTakesNoneAreUnlessItIsDown) {
  const auto had = begin();
  std::set<uint16_t> on_victim;
  for (const auto& [port, endpoint] : had) {
    if (endpoint == "10.0.2.3") on_victim.insert(port);
  }
  const EndpointSlot victim = path.gateway.endpoint("web", "10.0.2.3:80");
  path.gateway.set_state(victim, EndpointState::draining);
  EXPECT_EQ(ports(look()), on_victim);
  path.gateway.set_state(victim, EndpointState::down);
  EXPECT_TRUE(look().empty());
}

TEST_F(FlowsAtRiskTest, OnlyEstablishedOnesOfTunnelsAre) {
  for (uint16_t port = 1; port <= flows; ++port) {
    path.send(tcp(port, tcp_flag::syn));
    path.send(tcp(port, tcp_flag::ack, "203.0.113.12"));
    path.send(ethernet().ipv4("192.0.2.1", "203.0.113.11").udp(port, 53));
  }
  path.reconfigure(configuration(0));
  EXPECT_TRUE(look().empty());
}

TEST_F(FlowsAtRiskTest, Ipv6IsLookedAtToo) {
  for (uint16_t port = 1; port <= flows; ++port) path.send(tcp6(port));
  EXPECT_TRUE(look().empty());
  path.reconfigure(configuration(0));
  const auto found = look();
  ASSERT_GT(found.size(), 15u);
  EXPECT_EQ(found.front().client.to_string(), "2001:db8::1");
  EXPECT_TRUE(found.front().endpoint.is_v4());
}

TEST_F(FlowsAtRiskTest, ARingThatIsFullHoldsThePassUpAndLosesNone) {
  begin();
  path.reconfigure(configuration(0));
  const std::set<uint16_t> all = ports(look());
  // Nobody takes: asked again and again the ring fills, before the flows end.
  for (int i = 0; i < 200; ++i) {
    path.l4->flows_at_risk().ask();
    for (int turns = 0; turns < 40; ++turns) path.advance(milliseconds(20));
  }
  const uint64_t stuck = path.counters.at_risk.passes.read();
  for (int turns = 0; turns < 100; ++turns) path.advance(milliseconds(20));
  EXPECT_EQ(path.counters.at_risk.passes.read(), stuck);
  uint32_t stale = 0;
  path.l4->flows_at_risk().take(UINT32_MAX, [&](const PlacedFlow&) { ++stale; });
  EXPECT_GT(stale, 1000u);
  std::set<uint16_t> again;
  for (int i = 0; i < 200; ++i) {
    path.advance(milliseconds(20));
    path.l4->flows_at_risk().take(
        64, [&](const PlacedFlow& flow) { again.insert(flow.client_port.host()); });
  }
  EXPECT_GT(path.counters.at_risk.passes.read(), stuck);
  for (const PlacedFlow& flow : look()) again.insert(flow.client_port.host());
  EXPECT_EQ(again, all);
}

// ---- what a peer told

TEST_F(FlowsAtRiskTest, InMidFlowAPacketGoesWhereAPeerHasIt) {
  const auto had = begin();
  path.reconfigure(configuration(0));
  Path other(configuration(0));
  EndpointSlot lost = none<EndpointSlot>;
  for (const PlacedFlow& flow : look()) {
    const EndpointSlot slot =
        other.gateway.endpoint("web", flow.endpoint.to_string(flow.endpoint_port.host()));
    other.peer_flows.put(flow, {.teller = 0, .at = {}, .slot = slot}, lost);
  }
  // Of weight 0 an endpoint drains.
  other.gateway.set_state(other.gateway.endpoint("web", "10.0.2.10:80"), EndpointState::draining);
  Path without(configuration(0));
  for (const auto& [port, endpoint] : had) {
    // A SYN begins a new connection, wherever the old one was.
    EXPECT_EQ(other.send(tcp(static_cast<uint16_t>(port + 1000), tcp_flag::syn)).frame.destination,
              without.send(tcp(static_cast<uint16_t>(port + 1000))).frame.destination);
    EXPECT_EQ(other.send(tcp(port)).frame.destination, endpoint);
  }
}

TEST_F(FlowsAtRiskTest, ASlotThatIsAnotherEndpointsByNowAndADeadEndpointAreNotBelieved) {
  const std::string first = path.send(tcp(1)).frame.destination;
  const EndpointSlot its = path.gateway.endpoint("web", first + ":80");
  const EndpointSlot other =
      path.gateway.endpoint("web", first == "10.0.2.1" ? "10.0.2.2:80" : "10.0.2.1:80");
  PlacedFlow flow{*IpAddress::parse("192.0.2.1"),
                  *IpAddress::parse("203.0.113.11"),
                  path.gateway.snapshot.endpoints->records[index(other)].address,
                  be16(2),
                  be16(80),
                  be16(80)};
  EndpointSlot lost = none<EndpointSlot>;
  Path told(configuration());
  Path without(configuration());
  told.peer_flows.put(flow, {.teller = 0, .at = {}, .slot = its}, lost);
  EXPECT_EQ(told.send(tcp(2)).frame.destination, without.send(tcp(2)).frame.destination);
  flow.client_port = be16(3);
  told.peer_flows.put(flow, {.teller = 0, .at = {}, .slot = other}, lost);
  told.gateway.set_state(other, EndpointState::down);
  without.gateway.set_state(other, EndpointState::down);
  EXPECT_EQ(told.send(tcp(3)).frame.destination, without.send(tcp(3)).frame.destination);
}

}  // namespace
}  // namespace weft
