#include "mgmt/explain/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto web = static_cast<ListenerSlot>(5);
constexpr auto first_endpoint = static_cast<EndpointSlot>(1);

const ExplainNames names{[](ListenerSlot slot) { return slot == web ? "web" : ""; },
                         {"edge", "mesh"}};

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

// Sights of a SYN, each as the one before until a test changes it.
class Seen {
 public:
  Seen() {
    now_.headers = {.source = ip("192.0.2.1"),
                    .destination = ip("203.0.113.10"),
                    .source_port = be16(1234),
                    .destination_port = be16(80),
                    .ip_bytes = 40,
                    .protocol = Protocol::tcp,
                    .payload = Payload::transport,
                    .tcp_flags = tcp_flag::syn,
                    .ttl = 64,
                    .v4 = true};
  }
  StageSight& now() { return now_; }
  Seen& after(std::string_view stage) {
    now_.stage = stage;
    sights_.push_back(now_);
    return *this;
  }
  std::vector<std::string> lines(std::span<const StageSight> handed_off = {}) const {
    std::vector<std::string> lines;
    for (const auto& each : explain(handed_off, sights_, names).stages) {
      lines.push_back(each.stage + ": " + each.says);
    }
    return lines;
  }
  const std::vector<StageSight>& sights() const { return sights_; }

 private:
  StageSight now_;
  std::vector<StageSight> sights_;
};

constexpr auto the_syn = "tcp 192.0.2.1:1234 > 203.0.113.10:80 syn, 40 bytes, ttl 64";

TEST(Explanation, ANewFlowThroughNat) {
  Seen seen;
  seen.after("parse_headers");
  seen.now().listener = web;
  seen.now().to_listener = true;
  seen.after("match_listener").after("steer").after("admit").after("track_flow");
  seen.now().endpoint = first_endpoint;
  seen.now().endpoint_address = ip("10.0.2.1");
  seen.now().endpoint_port = be16(8080);
  seen.now().endpoint_state = EndpointState::healthy;
  seen.after("pick_endpoint");
  seen.now().headers.destination = ip("10.0.2.1");
  seen.now().headers.destination_port = be16(8080);
  seen.after("forward").after("answer");
  seen.now().outcome = {Verdict::transmit, Drop::none, 1};
  seen.after("next_hop");
  EXPECT_THAT(
      seen.lines(),
      ElementsAre(std::string("parse_headers: ") + the_syn, "match_listener: to listener web (nat)",
                  "steer: goes on", "admit: goes on", "track_flow: no flow is known",
                  "pick_endpoint: a new flow: endpoint 10.0.2.1:8080, healthy",
                  "forward: destination becomes 10.0.2.1:8080", "answer: goes on",
                  "next_hop: leaves on mesh"));
  const Explanation whole = explain({}, seen.sights(), names);
  EXPECT_EQ(whole.verdict, "transmit");
  EXPECT_EQ(whole.leaves, "mesh");
  EXPECT_EQ(whole.drop, "");
}

TEST(Explanation, ADropThatIsAnswered) {
  Seen seen;
  seen.after("parse_headers");
  seen.now().owner = AddressOwner::listener;
  seen.after("match_listener");
  seen.now().outcome = {Verdict::drop, Drop::no_listener, 0};
  seen.now().refused = true;
  seen.now().refusal = {Drop::no_listener, Reply::tcp_reset, 0};
  seen.after("admit").after("track_flow").after("forward");
  seen.now().outcome = {};
  seen.now().refused = false;
  seen.now().answered = true;
  std::swap(seen.now().headers.source, seen.now().headers.destination);
  std::swap(seen.now().headers.source_port, seen.now().headers.destination_port);
  seen.now().headers.tcp_flags = tcp_flag::rst | tcp_flag::ack;
  seen.after("answer");
  seen.now().outcome = {Verdict::transmit, Drop::none, 0};
  seen.after("next_hop");
  EXPECT_THAT(seen.lines(),
              ElementsAre(std::string("parse_headers: ") + the_syn,
                          "match_listener: to an address of ours where no listener is",
                          "admit: dropped: no_listener: the address is ours, but nothing listens "
                          "on this port",
                          "answer: its sender gets a TCP reset: tcp 203.0.113.10:80 > "
                          "192.0.2.1:1234 rst ack, 40 bytes, ttl 64",
                          "next_hop: leaves on edge"));
  const Explanation whole = explain({}, seen.sights(), names);
  EXPECT_EQ(whole.verdict, "transmit");
  EXPECT_EQ(whole.drop, "no_listener");
}

TEST(Explanation, ARefusalWithoutAnAnswerSaysSo) {
  Seen seen;
  seen.after("parse_headers");
  seen.now().outcome = {Verdict::drop, Drop::ttl_expired, 0};
  seen.now().refused = true;
  seen.after("forward").after("answer").after("next_hop");
  const auto lines = seen.lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[2], HasSubstr("answer: no reply"));
  EXPECT_EQ(explain({}, seen.sights(), names).drop, "ttl_expired");
}

TEST(Explanation, WhatAnotherWorkerOwnsGoesOnThere) {
  Seen here;
  here.after("parse_headers").after("match_listener");
  here.now().outcome = {Verdict::hand_off, Drop::none, 1};
  here.after("steer").after("admit");
  Seen there;
  there.after("parse_headers").after("match_listener").after("steer");
  there.now().outcome = {Verdict::twin, Drop::none, 0};
  there.after("admit");
  EXPECT_THAT(there.lines(here.sights()),
              ElementsAre(std::string("parse_headers: ") + the_syn,
                          "match_listener: to no address of ours: an endpoint's reply, or transit",
                          "steer: worker 1 owns it and goes on",
                          "admit: to the kernel, on the twin of edge"));
}

TEST(Explanation, ARepliesFlowAndATunnel) {
  Seen reply;
  reply.after("parse_headers");
  reply.now().direction = Direction::to_client;
  reply.now().listener = web;
  reply.now().endpoint = first_endpoint;
  reply.now().endpoint_address = ip("10.0.2.1");
  reply.now().endpoint_port = be16(80);
  reply.now().endpoint_state = EndpointState::draining;
  reply.after("track_flow");
  reply.now().headers.source_port = be16(0);
  reply.now().headers.destination_port = be16(0);
  reply.now().headers.ip_bytes = 60;
  reply.after("forward");
  const auto lines = reply.lines();
  EXPECT_EQ(lines[1],
            "track_flow: a reply of listener web; a known flow: endpoint 10.0.2.1:80, draining");
  EXPECT_THAT(lines[2], HasSubstr("40 bytes become 60"));
}

TEST(Explanation, AFrameThatIsNoPacketIsOnlyDropped) {
  Seen seen;
  seen.now().outcome = {Verdict::drop, Drop::frame_truncated, 0};
  seen.after("parse_headers").after("match_listener");
  EXPECT_THAT(seen.lines(), ElementsAre("parse_headers: dropped: frame_truncated"));
}

}  // namespace
}  // namespace weft::mgmt
