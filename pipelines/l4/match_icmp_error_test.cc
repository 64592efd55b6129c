#include "pipelines/l4/match_icmp_error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

constexpr auto client = "10.9.0.1";
constexpr auto listener = "203.0.113.10";
constexpr auto tunnelled = "203.0.113.11";
constexpr auto router = "192.0.2.9";

SnapshotBuilder configuration() {
  std::vector<test::TestEndpoint> many;
  for (int i = 1; i < 30; ++i) many.push_back({"10.0.2." + std::to_string(i), 8080});
  SnapshotBuilder b;
  b.cluster("web", many);
  b.listener(listener, 80, Protocol::tcp, Forward::nat, "web");
  b.listener(tunnelled, 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.64/28", 1000, Protocol::udp, Forward::ipip, "web", HashOn::five_tuple,
             1999);
  b.source_addresses("10.0.0.240/29");
  b.neighbour(client);
  return b;
}

FrameBuilder error(std::string_view to, FrameBuilder quoted) {
  return ethernet().ipv4(router, to).icmp(3, 4, 1400).payload(quoted.build_ip());
}
FrameBuilder request(std::string_view to, uint16_t port = 1234) {
  return ethernet().ipv4(client, to).tcp(port, 80, tcp_flag::ack);
}
FrameBuilder reply(std::string_view from, uint16_t port = 1234) {
  return ethernet().ipv4(from, client).tcp(80, port, tcp_flag::ack);
}

TEST(MatchIcmpError, GoesToTheEndpointOfItsFlow) {
  Path path(configuration());
  std::set<std::string> endpoints;
  for (uint16_t port = 1000; port < 1100; ++port) {
    for (const char* to : {listener, tunnelled}) {
      const std::string endpoint = path.send(request(to, port)).frame.destination;
      EXPECT_EQ(path.send(error(to, reply(to, port))).frame.destination, endpoint);
      endpoints.insert(endpoint);
    }
  }
  EXPECT_GT(endpoints.size(), 10u);
}

TEST(MatchIcmpError, AFlowKeepsItsErrorsWhenItsHashSaysOtherwise) {
  Path path(configuration());
  const auto flow = path.send(request(tunnelled));
  path.gateway.set_state(path.gateway.endpoint("web", flow.frame.destination + ":8080"),
                         EndpointState::draining);
  EXPECT_EQ(path.send(error(tunnelled, reply(tunnelled))).frame.destination,
            flow.frame.destination);
}

// Path MTU errors reach whichever gateway routers choose.
TEST(MatchIcmpError, WithoutAnEntryATunnelsGoesByTheHash) {
  Path elsewhere(configuration());
  Path path(configuration());
  for (uint16_t port = 1000; port < 1050; ++port) {
    const auto flow = elsewhere.send(request(tunnelled, port));
    const auto out = path.send(error(tunnelled, reply(tunnelled, port)));
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_EQ(out.frame.destination, flow.frame.destination);
  }
  const auto udp = ethernet().ipv4("203.0.113.70", client).udp(1500, 99);
  EXPECT_TRUE(path.send(error("203.0.113.70", udp)).forwarded()) << "of a prefix and a range";
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.tunnel4_flows.entries.read(), 0u) << "errors make no flows";
}

TEST(MatchIcmpError, ErrorsDoNotKeepAFlowAlive) {
  auto b = configuration();
  b.timeouts({.half_open = seconds(1), .established = seconds(1)});
  Path path(b);
  path.send(request(listener));
  for (int i = 0; i < 8; ++i) {
    path.advance(milliseconds(500));
    path.send(error(listener, reply(listener)));
  }
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 0u);
}

TEST(MatchIcmpError, WhatIsOfNoFlow) {
  const struct {
    const char* what;
    FrameBuilder frame;
    Drop drop;
  } cases[] = {
      {"nat without an entry", error(listener, reply(listener)), Drop::icmp_error_unmatched},
      {"another port of the listener's address",
       error(listener, ethernet().ipv4(listener, client).tcp(81, 1234, tcp_flag::ack)),
       Drop::icmp_error_unmatched},
      {"a quote without ports",
       error(tunnelled, ethernet().ipv4(tunnelled, client).protocol(47).payload("12345678")),
       Drop::icmp_error_unmatched},
      {"a quoted echo", error(tunnelled, ethernet().ipv4(tunnelled, client).icmp(0, 0)),
       Drop::icmp_error_unmatched},
      {"a later piece", error(tunnelled, reply(tunnelled).fragment(1480, false)),
       Drop::icmp_error_unmatched},
      {"no quote", ethernet().ipv4(router, tunnelled).icmp(3, 1), Drop::icmp_error_unmatched},
      {"a source address that fullnat does not use",
       error("10.0.0.241", ethernet().ipv4("10.0.0.241", "10.0.2.1").udp(1, 2)),
       Drop::icmp_error_unmatched},
      {"to a client of nobody", error(client, ethernet().ipv4(client, "10.0.2.1").udp(1, 2)),
       Drop::transit},
  };
  for (const auto& c : cases) {
    Path path(configuration());
    const auto out = path.send(c.frame);
    EXPECT_EQ(name(out.drop), name(c.drop)) << c.what;
    EXPECT_FALSE(out.transmitted()) << c.what;
  }
}

// Whoever knows a flow could send what looks like an error through here, to anybody.
TEST(MatchIcmpError, GoesToNobodyButWhoSentWhatItQuotes) {
  Path path(configuration());
  const auto sent = path.send(request(listener));
  ASSERT_TRUE(sent.forwarded());
  const auto quoted =
      ethernet().ipv4(client, sent.frame.destination).tcp(1234, 8080, tcp_flag::ack);
  EXPECT_TRUE(path.send(error(client, quoted)).forwarded());
  EXPECT_EQ(name(path.send(error("192.0.2.77", quoted)).drop), "transit");
  EXPECT_EQ(name(path.send(error(tunnelled, reply(listener))).drop), "icmp_error_unmatched");
}

TEST(MatchIcmpError, WhenNoEndpointIsHealthy) {
  Path path(configuration());
  for (const auto& [_, endpoint] : path.gateway.endpoints) {
    path.gateway.set_state(endpoint, EndpointState::down);
  }
  EXPECT_EQ(name(path.send(error(tunnelled, reply(tunnelled))).drop), "icmp_error_unmatched");
}

TEST(MatchIcmpError, OthersOfTheBurstAreNotTouched) {
  Path path(configuration());
  path.send(request(listener));
  const auto outputs =
      path.send_burst({request(listener).build(), error(listener, reply(listener)).build(),
                       request(tunnelled).build()});
  for (const auto& out : outputs) EXPECT_TRUE(out.forwarded()) << name(out.drop);
  EXPECT_EQ(outputs[1].frame.icmp_type, 3);
}

TEST(MatchIcmpError, ErrorsToTheHostAreTheKernels) {
  Path path(configuration());
  EXPECT_EQ(path.send(error("10.0.0.254", ethernet().ipv4("10.0.0.254", client).udp(1, 2))).verdict,
            Verdict::twin);
}

}  // namespace
}  // namespace weft
