#include "pipelines/l4/pick_endpoint.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

#include <map>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

std::vector<test::TestEndpoint> ten_endpoints() {
  std::vector<test::TestEndpoint> endpoints;
  for (int i = 1; i <= 10; ++i) endpoints.push_back({"10.0.2." + std::to_string(i), 8080});
  return endpoints;
}

SnapshotBuilder configuration(OnEndpointDown on_down = OnEndpointDown::reset) {
  SnapshotBuilder b;
  b.cluster("web", ten_endpoints(), on_down);
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.11", 53, Protocol::udp, Forward::ipip, "web");
  b.listener("203.0.113.12", 80, Protocol::tcp, Forward::ipip, "web", HashOn::source);
  return b;
}

test::FrameBuilder tcp(const char* listener, uint16_t port, uint8_t flags) {
  return ethernet().ipv4("192.0.2.1", listener).tcp(port, 80, flags);
}

EndpointSlot reached(Path& path, const test::PathOutput& out) {
  return path.gateway.endpoint("web", out.frame.destination + ":8080");
}

TEST(PickEndpoint, SpreadsFlowsOverTheEndpoints) {
  Path path(configuration(), {1 << 16, 1 << 16});
  std::map<std::string, int> flows;
  for (uint16_t port = 1; port <= 10'000; ++port) {
    ++flows[path.send(tcp("203.0.113.10", port, tcp_flag::syn)).frame.destination];
  }
  EXPECT_EQ(flows.size(), 10u);
  for (const auto& [endpoint, count] : flows) EXPECT_NEAR(count, 1000, 150) << endpoint;
}

TEST(PickEndpoint, ASourceStaysWithItsEndpoint) {
  Path path(configuration());
  const auto first = path.send(tcp("203.0.113.12", 1, tcp_flag::syn)).frame.destination;
  for (uint16_t port = 2; port < 100; ++port) {
    EXPECT_EQ(path.send(tcp("203.0.113.12", port, tcp_flag::syn)).frame.destination, first);
  }
}

TEST(PickEndpoint, NewFlowsAvoidWhatIsDownOrDraining) {
  for (const auto state : {EndpointState::down, EndpointState::draining}) {
    Path path(configuration());
    for (uint32_t slot = 0; slot < 9; ++slot) path.gateway.set_state(EndpointSlot{slot}, state);
    for (uint16_t port = 1; port < 100; ++port) {
      const auto out = path.send(tcp("203.0.113.10", port, tcp_flag::syn));
      ASSERT_TRUE(out.forwarded());
      EXPECT_EQ(reached(path, out), EndpointSlot{9});
    }
  }
}

TEST(PickEndpoint, AFlowWhoseFirstChoiceIsFitDoesNotNoticeOtherEndpointsDie) {
  Path all(configuration());
  Path some(configuration());
  some.gateway.set_state(EndpointSlot{3}, EndpointState::down);
  for (uint16_t port = 1; port < 300; ++port) {
    const auto first = all.send(tcp("203.0.113.11", port, tcp_flag::syn));
    if (reached(all, first) == EndpointSlot{3}) continue;
    EXPECT_EQ(some.send(tcp("203.0.113.11", port, tcp_flag::syn)).frame.destination,
              first.frame.destination);
  }
}

TEST(PickEndpoint, WithoutAnyFitEndpointTheClientIsTold) {
  Path path(configuration());
  for (uint32_t slot = 0; slot < 10; ++slot) {
    path.gateway.set_state(EndpointSlot{slot}, EndpointState::down);
  }
  const auto out = path.send(tcp("203.0.113.10", 1, tcp_flag::syn));
  EXPECT_EQ(name(out.drop), name(Drop::no_endpoint));
  EXPECT_EQ(out.frame.flags, tcp_flag::rst | tcp_flag::ack);
}

class OnDown : public testing::TestWithParam<const char*> {};

TEST_P(OnDown, ResetTellsTheClientAndASynGoesElsewhere) {
  Path path(configuration(OnEndpointDown::reset));
  const auto first = path.send(tcp(GetParam(), 1, tcp_flag::syn));
  path.send(tcp(GetParam(), 1, tcp_flag::ack));
  path.gateway.set_state(reached(path, first), EndpointState::down);
  const auto told = path.send(tcp(GetParam(), 1, tcp_flag::ack).acknowledgment(77));
  EXPECT_EQ(name(told.drop), name(Drop::endpoint_down));
  EXPECT_EQ(told.frame.flags, tcp_flag::rst);
  EXPECT_EQ(told.frame.sequence, 77u);
  const auto again = path.send(tcp(GetParam(), 1, tcp_flag::syn));
  ASSERT_TRUE(again.forwarded());
  EXPECT_NE(again.frame.destination, first.frame.destination);
}

TEST_P(OnDown, MoveTakesTheFlowToAnotherAndLeavesItThere) {
  Path path(configuration(OnEndpointDown::move));
  const auto first = path.send(tcp(GetParam(), 1, tcp_flag::syn));
  path.send(tcp(GetParam(), 1, tcp_flag::ack));
  path.gateway.set_state(reached(path, first), EndpointState::down);
  const auto moved = path.send(tcp(GetParam(), 1, tcp_flag::ack));
  ASSERT_TRUE(moved.forwarded());
  EXPECT_NE(moved.frame.destination, first.frame.destination);
  path.gateway.set_state(reached(path, first), EndpointState::healthy);
  EXPECT_EQ(path.send(tcp(GetParam(), 1, tcp_flag::ack)).frame.destination,
            moved.frame.destination);
  EXPECT_EQ(path.counters.endpoints[index(reached(path, first))].flows_active.read(), 0u);
}

TEST_P(OnDown, KeepKeepsTheFlowButNotASyn) {
  Path path(configuration(OnEndpointDown::keep));
  const auto first = path.send(tcp(GetParam(), 1, tcp_flag::syn));
  path.send(tcp(GetParam(), 1, tcp_flag::ack));
  path.gateway.set_state(reached(path, first), EndpointState::down);
  EXPECT_EQ(path.send(tcp(GetParam(), 1, tcp_flag::ack)).frame.destination,
            first.frame.destination);
  EXPECT_NE(path.send(tcp(GetParam(), 2, tcp_flag::syn)).frame.destination,
            first.frame.destination);
}

INSTANTIATE_TEST_SUITE_P(NatAndTunnel, OnDown, testing::Values("203.0.113.10", "203.0.113.11"));

TEST(PickEndpoint, UdpMovesAtOnceBecauseNobodyCanBeReset) {
  Path path(configuration(OnEndpointDown::reset));
  const auto query = ethernet().ipv4("192.0.2.1", "203.0.113.11").udp(1, 53);
  const auto first = path.send(query);
  path.gateway.set_state(reached(path, first), EndpointState::down);
  const auto moved = path.send(query);
  ASSERT_TRUE(moved.forwarded());
  EXPECT_NE(moved.frame.destination, first.frame.destination);
}

TEST(PickEndpoint, AStoppingGatewayServesOnlyTheFlowsItHas) {
  Path path(configuration());
  path.send(tcp("203.0.113.10", 1, tcp_flag::syn));
  path.refuse_new_flows = true;
  EXPECT_TRUE(path.send(tcp("203.0.113.10", 1, tcp_flag::ack)).forwarded());
  EXPECT_TRUE(path.send(tcp("203.0.113.10", 3, tcp_flag::ack)).forwarded());  // of another gateway
  const auto refused = path.send(tcp("203.0.113.10", 2, tcp_flag::syn));
  EXPECT_EQ(name(refused.drop), name(Drop::stopping));
  EXPECT_EQ(refused.frame.flags, tcp_flag::rst | tcp_flag::ack);
}

// Two listeners over one endpoint: replies to one client port cannot be told apart.
SnapshotBuilder two_listeners_one_endpoint() {
  SnapshotBuilder b;
  b.cluster("a", {{"10.0.2.1", 8080}}).cluster("b", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "a");
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::nat, "b");
  return b;
}

TEST(PickEndpoint, NatRefusesAFlowWhoseRepliesWouldBeAnothers) {
  Path path(two_listeners_one_endpoint());
  EXPECT_TRUE(path.send(tcp("203.0.113.10", 1, tcp_flag::syn)).forwarded());
  const auto second = path.send(tcp("203.0.113.11", 1, tcp_flag::syn));
  EXPECT_EQ(name(second.drop), name(Drop::nat_tuple_conflict));
  EXPECT_TRUE(path.send(tcp("203.0.113.11", 2, tcp_flag::syn)).forwarded());
}

TEST(PickEndpoint, AConnectionThatIsOverGivesItsPlaceToOneOfAnotherListener) {
  Path path(two_listeners_one_endpoint());
  path.send(tcp("203.0.113.10", 1, tcp_flag::syn));
  path.send(tcp("203.0.113.10", 1, tcp_flag::rst));
  EXPECT_TRUE(path.send(tcp("203.0.113.11", 1, tcp_flag::syn)).forwarded());
  const auto reply = path.send(
      ethernet().ipv4("10.0.2.1", "192.0.2.1").tcp(8080, 1, tcp_flag::syn | tcp_flag::ack));
  EXPECT_EQ(reply.frame.source, "203.0.113.11");
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 1u);
}

TEST(PickEndpoint, AFullTableIsAHashForTunnelsAndForNatWithOneListener) {
  Path path(configuration(), {4, 2});
  for (uint16_t port = 1; port <= 50; ++port) {
    for (const char* listener : {"203.0.113.10", "203.0.113.11"}) {
      const auto first = path.send(tcp(listener, port, tcp_flag::ack));
      ASSERT_TRUE(first.forwarded());
      EXPECT_EQ(path.send(tcp(listener, port, tcp_flag::ack)).frame.destination,
                first.frame.destination);
    }
  }
  path.advance(seconds(1));
  EXPECT_GT(path.counters.nat4_flows.refused.read(), 0u);
}

TEST(PickEndpoint, AFullTableEndsNatFlowsWhoseRepliesCouldBeTwoListeners) {
  Path path(two_listeners_one_endpoint(), {4, 2});
  for (uint16_t port = 1; port <= 2; ++port) path.send(tcp("203.0.113.10", port, tcp_flag::ack));
  EXPECT_EQ(name(path.send(tcp("203.0.113.10", 3, tcp_flag::ack)).drop),
            name(Drop::flow_table_full));
}

TEST(PickEndpoint, AHashThatStrangersCannotAim) {
  Headers headers;
  headers.source = IpAddress::v4(be32(1));
  EXPECT_NE(flow_hash(headers, HashOn::five_tuple, 1), flow_hash(headers, HashOn::five_tuple, 2));
  // A sum of address and port would take these for one.
  Headers neighbour = headers;
  neighbour.source = IpAddress::v4(be32(2));
  headers.source_port = be16(2);
  neighbour.source_port = be16(1);
  EXPECT_NE(flow_hash(headers, HashOn::five_tuple, 1), flow_hash(neighbour, HashOn::five_tuple, 1));
}

// One client that asks much is spread over all, and nothing is remembered of it.
TEST(PickEndpoint, DatagramsOfAListenerPerPacketAreSpreadOneByOne) {
  SnapshotBuilder b;
  b.cluster("dns", {{"10.0.3.1", 53}, {"10.0.3.2", 53}, {"10.0.3.3", 53}});
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::ipip, "dns").udp(UdpChoice::per_packet);
  Path path(b);
  const auto query = ethernet().ipv4("10.9.0.1", "203.0.113.10").udp(1234, 53);
  std::map<std::string, int> served;
  for (int i = 0; i < 300; ++i) ++served[path.send(query).frame.destination];
  EXPECT_EQ(served.size(), 3u);
  for (const auto& [endpoint, count] : served) EXPECT_GT(count, 60) << endpoint;
  path.gateway.set_state(path.gateway.endpoint("dns", "10.0.3.2:53"), EndpointState::draining);
  for (int i = 0; i < 100; ++i) EXPECT_NE(path.send(query).frame.destination, "10.0.3.2");
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.tunnel4_flows.entries.read(), 0u);
}

TEST(PickEndpoint, PiecesOfADatagramPerPacketGoTogether) {
  SnapshotBuilder b;
  b.cluster("dns", {{"10.0.3.1", 53}, {"10.0.3.2", 53}, {"10.0.3.3", 53}});
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::ipip, "dns").udp(UdpChoice::per_packet);
  Path path(b);
  std::set<std::string> all;
  for (uint32_t id = 0; id < 30; ++id) {
    const auto query =
        ethernet().ipv4("10.9.0.1", "203.0.113.10").udp(1234, 53).payload_bytes(3000);
    std::set<std::string> endpoints;
    for (const auto& out :
         path.send_burst(test::FrameBuilder(query).identification(id).build_pieces(1400))) {
      endpoints.insert(out.frame.destination);
    }
    EXPECT_EQ(endpoints.size(), 1u);
    all.merge(endpoints);
  }
  EXPECT_EQ(all.size(), 3u);
}

TEST(PickEndpoint, FlowsOfAListenerThatIsPerPacketNowAreForgotten) {
  const auto builder = [](UdpChoice choice) {
    SnapshotBuilder b;
    b.cluster("dns", {{"10.0.3.1", 53}, {"10.0.3.2", 53}, {"10.0.3.3", 53}});
    b.listener("203.0.113.10", 53, Protocol::udp, Forward::ipip, "dns").udp(choice);
    return b;
  };
  Path path(builder(UdpChoice::flow));
  const auto query = ethernet().ipv4("10.9.0.1", "203.0.113.10").udp(1234, 53);
  path.send(query);
  path.reconfigure(builder(UdpChoice::per_packet));
  std::set<std::string> endpoints;
  for (int i = 0; i < 50; ++i) endpoints.insert(path.send(query).frame.destination);
  EXPECT_EQ(endpoints.size(), 3u);
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.tunnel4_flows.entries.read(), 0u);
}

}  // namespace
}  // namespace weft
