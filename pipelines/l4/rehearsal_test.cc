// What a rehearsal shows is what the path then does; and until then nothing has happened.
#include "pipelines/l4/rehearsal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;
using testing::ElementsAre;

constexpr auto client = "10.9.0.1";
constexpr auto nat_listener = "203.0.113.10";
constexpr auto tunnel_listener = "203.0.113.11";

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}, {"10.0.2.3", 8080}});
  b.listener(nat_listener, 80, Protocol::tcp, Forward::nat, "web");
  b.listener(tunnel_listener, 80, Protocol::tcp, Forward::ipip, "web");
  b.neighbour(client);
  return b;
}

FrameBuilder packet_to(const char* listener, uint16_t port = 1234, uint8_t flags = tcp_flag::syn) {
  return ethernet().ipv4(client, listener).tcp(port, 80, flags);
}

// A worker's tables of so many flows; the stand-in's settings are Path's own.
class RehearsalTest : public testing::Test {
 protected:
  static constexpr uint32_t flows_max = 64;

  // Where the packet ends.
  StageSight rehearse(const FrameBuilder& frame) {
    L4Settings settings{.flows_max = {flows_max, flows_max, flows_max, flows_max},
                        .flow_key = {1, 2, 3, 4},
                        .steering_key = {5, 6, 7, 8}};
    settings.links.resize(1);
    WorkerCounters counters;
    L4 stand_in(settings, *path_.gateway.states, path_.refuse_new_flows, counters, {}, path_.now);
    Burst burst;
    burst.packets[0] = path_.pool.make(frame.build());
    burst.start(1, 0);
    Rehearsal rehearsal;
    stand_in.rehearse(*path_.l4, burst, path_.gateway.snapshot, path_.now, rehearsal);
    if (burst.outcomes[0].verdict != Verdict::hold) test::free_packet(burst.packets[0]);
    sights_.assign(rehearsal.sights().begin(), rehearsal.sights().end());
    return sights_.back();
  }
  const StageSight& after(std::string_view stage) const {
    return *std::ranges::find(sights_, stage, &StageSight::stage);
  }
  // Everything that the tables count; the sum changes with any of them.
  uint64_t table_counts() const {
    uint64_t sum = 0;
    const auto add = [&](const FlowTableCounts& counts) {
      sum = sum * 31 + counts.entries;
      sum = sum * 31 + counts.inserted + counts.expired + counts.evicted + counts.refused;
    };
    const Flows& flows = path_.l4->flows();
    add(flows.nat4.counts());
    add(flows.tunnel4.counts());
    return sum;
  }

  Path path_{configuration(), {flows_max, flows_max, flows_max, flows_max}};
  std::vector<StageSight> sights_;
};

TEST_F(RehearsalTest, SeesEveryStageInOrder) {
  rehearse(packet_to(nat_listener));
  std::vector<std::string> stages;
  for (const StageSight& sight : sights_) stages.emplace_back(sight.stage);
  EXPECT_THAT(stages, testing::IsSupersetOf({"parse_headers", "match_listener", "steer", "admit",
                                             "track_flow", "pick_endpoint", "forward", "answer",
                                             "next_hop"}));
  EXPECT_EQ(stages.front(), "parse_headers");
  EXPECT_EQ(stages.back(), "next_hop");
}

TEST_F(RehearsalTest, ANewFlowGetsTheEndpointThatItWillGetAndLeavesNoEntry) {
  for (const char* listener : {nat_listener, tunnel_listener}) {
    const StageSight end = rehearse(packet_to(listener));
    EXPECT_EQ(end.outcome.verdict, Verdict::transmit);
    EXPECT_EQ(after("track_flow").endpoint, none<EndpointSlot>);
    EXPECT_EQ(after("pick_endpoint").endpoint_state, EndpointState::healthy);
    EXPECT_EQ(path_.l4->flows().nat4.counts().inserted, listener == nat_listener ? 0u : 1u);
    const auto sent = path_.send(packet_to(listener));
    EXPECT_EQ(sent.frame.destination, end.endpoint_address.to_string());
  }
  EXPECT_EQ(path_.counters.listeners[0].flows.read(), 1u);
}

TEST_F(RehearsalTest, AKnownFlowIsFoundAndStaysAsItWas) {
  path_.send(packet_to(nat_listener));
  path_.send(packet_to(nat_listener, 1234, tcp_flag::ack));
  const uint64_t packets = path_.counters.listeners[0].packets.read();
  rehearse(packet_to(nat_listener, 1234, tcp_flag::rst));
  EXPECT_NE(after("track_flow").endpoint, none<EndpointSlot>);
  // Were it closing now, a SYN would begin anew.
  rehearse(packet_to(nat_listener));
  EXPECT_NE(after("track_flow").endpoint, none<EndpointSlot>);
  EXPECT_EQ(path_.counters.listeners[0].packets.read(), packets);
}

TEST_F(RehearsalTest, ADropAndItsAnswerAreSeen) {
  const StageSight end = rehearse(ethernet().ipv4(client, nat_listener).tcp(1, 81, tcp_flag::syn));
  EXPECT_EQ(after("admit").outcome.drop, Drop::no_listener);
  EXPECT_TRUE(after("admit").refused);
  EXPECT_TRUE(after("answer").answered);
  EXPECT_EQ(end.outcome.verdict, Verdict::transmit);
  EXPECT_EQ(end.headers.destination.to_string(), client);
}

TEST_F(RehearsalTest, NoTokenOfARateIsSpent) {
  const auto refused = ethernet().ipv4(client, nat_listener).tcp(1, 81, tcp_flag::syn);
  const auto answers = [&] {
    uint32_t sent = 0;
    while (path_.send(refused).transmitted()) ++sent;
    return sent;
  };
  const uint32_t all = answers();
  path_.restart();
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(rehearse(refused).answered);
  EXPECT_EQ(answers(), all);
  EXPECT_FALSE(rehearse(refused).answered);
}

TEST_F(RehearsalTest, APacketThatIsNoneEndsInTheFirstStage) {
  const StageSight end = rehearse(packet_to(nat_listener).truncate(30));
  EXPECT_EQ(end.outcome.verdict, Verdict::drop);
  EXPECT_EQ(sights_.front().outcome.drop, Drop::frame_truncated);
}

TEST_F(RehearsalTest, APacketThatWouldWaitIsFreedWithItsStandIn) {
  path_.send(ethernet().ipv4("10.77.0.1", nat_listener).tcp(1234, 80, tcp_flag::syn));
  const StageSight picked =
      rehearse(ethernet().ipv4("10.77.0.1", nat_listener).tcp(1234, 80, tcp_flag::ack));
  const auto reply = ethernet()
                         .ipv4(picked.endpoint_address.to_string(), "10.77.0.1")
                         .tcp(8080, 1234, tcp_flag::syn | tcp_flag::ack);
  EXPECT_EQ(rehearse(reply).outcome.verdict, Verdict::hold);
  EXPECT_FALSE(path_.l4->neighbour_wishes().take());
}

// Tables of 64 flows with hundreds of clients: flows move, expire, are evicted and refused.
TEST_F(RehearsalTest, FullTablesDoWhatTheyWereSeenToDo) {
  std::mt19937 random(1);
  uint32_t full = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto port = static_cast<uint16_t>(1000 + random() % 300);
    const uint8_t flags = random() % 3 == 0 ? tcp_flag::syn : tcp_flag::ack;
    const auto frame = packet_to(random() % 2 == 0 ? nat_listener : tunnel_listener, port, flags);
    const uint64_t counts = table_counts();
    const StageSight seen = rehearse(frame);
    ASSERT_EQ(table_counts(), counts);
    const auto sent = path_.send(frame);
    ASSERT_EQ(seen.outcome.verdict, sent.verdict) << i;
    const Drop drop = seen.answered ? seen.refusal.drop : seen.outcome.drop;
    ASSERT_EQ(name(drop), name(sent.drop)) << i;
    if (sent.forwarded()) {
      ASSERT_EQ(seen.headers.destination.to_string(), sent.frame.destination) << i;
    }
    full += path_.l4->flows().nat4.counts().refused + path_.l4->flows().nat4.counts().evicted > 0;
    if (random() % 100 == 0) path_.advance(milliseconds(random() % 2000));
  }
  EXPECT_GT(full, 1000u);
}

}  // namespace
}  // namespace weft
