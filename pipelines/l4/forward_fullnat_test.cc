// fullnat from end to end of the path: both sides rewritten, the reply to a source address of ours.
#include <gtest/gtest.h>

#include <set>

#include "pipelines/l4/forward_nat.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr FlowTimeouts timeouts{.half_open = seconds(5),
                                .established = seconds(100),
                                .closing = seconds(5),
                                .udp = seconds(20)};

struct Family {
  const char* client;
  const char* listener;
  const char* endpoint;
  const char* sources;
};
constexpr Family families[] = {
    {"192.0.2.1", "203.0.113.10", "10.0.2.1", "10.0.0.240/29"},
    {"2001:db8::1", "2001:db8:1::10", "fd00::2:1", "fd00::f0/125"},
};

SnapshotBuilder configuration(const Family& family, HashOn hash = HashOn::five_tuple) {
  SnapshotBuilder b;
  b.cluster("web", {{family.endpoint, 8080}}).timeouts(timeouts);
  b.listener(family.listener, 80, Protocol::tcp, Forward::fullnat, "web", hash);
  b.listener(family.listener, 53, Protocol::udp, Forward::fullnat, "web");
  b.source_addresses(family.sources);
  return b;
}

test::FrameBuilder frame(const std::string& from, const std::string& to) {
  if (from.find(':') == std::string::npos) return ethernet().ipv4(from, to);
  return ethernet().ipv6(from, to);
}

test::FrameBuilder to_listener(const Family& family, uint16_t port, uint8_t flags) {
  return frame(family.client, family.listener).ttl(9).tcp(port, 80, flags);
}

// The endpoint's answer to what came out.
test::FrameBuilder answer_to(const test::PathOutput& out, uint8_t flags) {
  return frame(out.frame.destination, out.frame.source)
      .ttl(9)
      .tcp(static_cast<uint16_t>(out.frame.destination_port),
           static_cast<uint16_t>(out.frame.source_port), flags);
}

const FlowTableCounters& table(const Path& path, const Family& family) {
  return std::string(family.client).find(':') == std::string::npos ? path.counters.nat4_flows
                                                                   : path.counters.nat6_flows;
}

TEST(ForwardFullnat, BothSidesAreRewrittenThereAndBack) {
  for (const Family& family : families) {
    SCOPED_TRACE(family.client);
    Path path(configuration(family));
    for (int packet = 0; packet < 2; ++packet) {  // the first one and one of a known flow
      const auto out = path.send(
          to_listener(family, 1234, packet == 0 ? tcp_flag::syn : tcp_flag::ack).payload("hello"));
      ASSERT_TRUE(out.forwarded()) << name(out.drop);
      EXPECT_TRUE(out.frame.sound()) << out.frame;
      EXPECT_TRUE(IpPrefix::parse(family.sources)->contains(*IpAddress::parse(out.frame.source)));
      EXPECT_GE(out.frame.source_port, 1024);
      EXPECT_EQ(out.frame.destination, family.endpoint);
      EXPECT_EQ(out.frame.destination_port, 8080);
      EXPECT_EQ(out.frame.ttl, 8);
      EXPECT_EQ(out.frame.payload, test::to_bytes("hello"));
      const auto reply = path.send(answer_to(out, tcp_flag::ack).payload("world"));
      ASSERT_TRUE(reply.forwarded()) << name(reply.drop);
      EXPECT_TRUE(reply.frame.sound()) << reply.frame;
      EXPECT_EQ(reply.frame.source, family.listener);
      EXPECT_EQ(reply.frame.source_port, 80);
      EXPECT_EQ(reply.frame.destination, family.client);
      EXPECT_EQ(reply.frame.destination_port, 1234);
      EXPECT_EQ(reply.frame.ttl, 8);
    }
    path.advance(seconds(1));
    EXPECT_EQ(table(path, family).entries.read(), 2u) << "one flow";
    EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 1u);
  }
}

TEST(ForwardFullnat, FlowsHaveSourcesOfTheirOwn) {
  for (const Family& family : families) {
    Path path(configuration(family), {4096, 4096, 4096, 4096});
    std::set<std::pair<std::string, int>> sources;
    std::set<std::string> addresses;
    for (uint16_t port = 1; port <= 1000; ++port) {
      const auto out = path.send(to_listener(family, port, tcp_flag::syn));
      ASSERT_TRUE(out.forwarded()) << name(out.drop);
      sources.emplace(out.frame.source, out.frame.source_port);
      addresses.insert(out.frame.source);
    }
    EXPECT_EQ(sources.size(), 1000u);
    EXPECT_EQ(addresses.size(), 8u);
  }
}

// One address may stand for many clients, and all of them have one endpoint.
TEST(ForwardFullnat, FlowsOfOneClientAddressHaveSourcesOfTheirOwnWhereItChoosesTheEndpoint) {
  for (const Family& family : families) {
    Path path(configuration(family, HashOn::source), {4096, 4096, 4096, 4096});
    std::set<std::pair<std::string, int>> sources;
    for (uint16_t port = 1; port <= 1000; ++port) {
      const auto out = path.send(to_listener(family, port, tcp_flag::syn));
      ASSERT_TRUE(out.forwarded()) << name(out.drop) << ", flow " << port;
      sources.emplace(out.frame.source, out.frame.source_port);
    }
    EXPECT_EQ(sources.size(), 1000u);
  }
}

TEST(ForwardFullnat, RepliesAreSteeredToTheWorkerOfTheFlow) {
  for (const Family& family : families) {
    auto b = configuration(family);
    b.workers(4);
    for (uint16_t worker = 0; worker < 4; ++worker) {
      Path path(b, {1024, 1024, 1024, 1024}, worker);
      uint32_t mine = 0;
      for (uint16_t port = 1; port <= 100; ++port) {
        const auto out = path.send(to_listener(family, port, tcp_flag::syn));
        if (!out.forwarded()) continue;  // another worker's
        ++mine;
        EXPECT_TRUE(path.send(answer_to(out, tcp_flag::syn | tcp_flag::ack)).forwarded());
      }
      EXPECT_GT(mine, 10u);
    }
  }
}

TEST(ForwardFullnat, BothEntriesAgeTogether) {
  for (const Family& family : families) {
    Path path(configuration(family));
    const auto out = path.send(frame(family.client, family.listener).udp(1234, 53));
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    // Only the client speaks, for longer than the timeout: the way back is still known.
    for (int i = 0; i < 6; ++i) {
      path.advance(seconds(10));
      EXPECT_EQ(path.send(frame(family.client, family.listener).udp(1234, 53)).frame.source_port,
                out.frame.source_port);
    }
    const auto reply = path.send(frame(out.frame.destination, out.frame.source)
                                     .udp(8080, static_cast<uint16_t>(out.frame.source_port)));
    EXPECT_TRUE(reply.forwarded()) << name(reply.drop);
    path.advance(seconds(45));
    EXPECT_EQ(table(path, family).entries.read(), 0u);
    EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 0u);
  }
}

TEST(ForwardFullnat, AFlowClosesWhenBothSidesHave) {
  for (const Family& family : families) {
    Path path(configuration(family));
    const auto out = path.send(to_listener(family, 9, tcp_flag::syn));
    path.send(answer_to(out, tcp_flag::syn | tcp_flag::ack));
    path.send(to_listener(family, 9, tcp_flag::ack));
    path.send(to_listener(family, 9, tcp_flag::fin | tcp_flag::ack));
    path.advance(seconds(40));
    EXPECT_EQ(table(path, family).entries.read(), 2u) << "half closed: still established";
    path.send(answer_to(out, tcp_flag::fin | tcp_flag::ack));
    path.advance(seconds(20));
    EXPECT_EQ(table(path, family).entries.read(), 0u);
  }
}

TEST(ForwardFullnat, ANewSynAfterTheEndIsANewFlow) {
  for (const Family& family : families) {
    Path path(configuration(family));
    const auto first = path.send(to_listener(family, 9, tcp_flag::syn));
    path.send(to_listener(family, 9, tcp_flag::rst));
    const auto second = path.send(to_listener(family, 9, tcp_flag::syn));
    ASSERT_TRUE(second.forwarded());
    path.advance(seconds(1));
    EXPECT_EQ(table(path, family).entries.read(), 2u) << "both entries of the old one are gone";
    EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 1u);
  }
}

TEST(ForwardFullnat, AReplyWithoutAFlowIsRefused) {
  for (const Family& family : families) {
    Path path(configuration(family));
    const std::string source = IpPrefix::parse(family.sources)->address().to_string();
    const auto out = path.send(frame(family.endpoint, source).tcp(8080, 5555, tcp_flag::ack));
    EXPECT_EQ(name(out.drop), name(Drop::no_listener));
  }
}

TEST(ForwardFullnat, AnEndpointWithoutSourceAddressesTakesNoFlows) {
  const Family& family = families[0];
  SnapshotBuilder b;
  b.cluster("web", {{family.endpoint, 8080}});
  b.listener(family.listener, 80, Protocol::tcp, Forward::fullnat, "web");
  Path path(b);
  EXPECT_EQ(name(path.send(to_listener(family, 1, tcp_flag::syn)).drop),
            name(Drop::no_source_address));
}

TEST(ForwardFullnat, WhenEverySourceIsInUseNewFlowsAreRefusedByName) {
  const Family& family = families[0];
  SnapshotBuilder b;
  b.cluster("web", {{family.endpoint, 8080}});
  b.listener(family.listener, 80, Protocol::tcp, Forward::fullnat, "web");
  b.source_addresses("10.0.0.240/32");
  Path path(b, {1 << 10, 1 << 18, 1 << 10, 1 << 10});
  uint32_t full = 0;
  uint32_t forwarded = 0;
  for (uint32_t n = 0; n < 66'000; ++n) {
    const auto out =
        path.send(ethernet()
                      .ipv4("192.0.2." + std::to_string(1 + n / 60'000), family.listener)
                      .tcp(static_cast<uint16_t>(1 + n % 60'000), 80, tcp_flag::ack));
    forwarded += out.forwarded();
    full += out.drop == Drop::source_ports_full;
    ASSERT_TRUE(out.forwarded() || out.drop == Drop::source_ports_full) << name(out.drop);
  }
  EXPECT_GT(forwarded, 60'000u);
  EXPECT_LE(forwarded, 65536u - 1024);
  EXPECT_GT(full, 0u);
}

TEST(ForwardFullnat, AFullTableNeverHoldsHalfAFlow) {
  for (const Family& family : families) {
    Path path(configuration(family), {16, 16, 16, 16});
    for (uint16_t port = 1; port <= 500; ++port) {
      const auto out =
          path.send(to_listener(family, port, port % 3 == 0 ? tcp_flag::syn : tcp_flag::ack));
      if (!out.forwarded()) continue;
      EXPECT_TRUE(path.send(answer_to(out, tcp_flag::ack)).forwarded()) << port;
    }
    path.advance(seconds(1));
    EXPECT_EQ(table(path, family).entries.read() % 2, 0u);
    EXPECT_EQ(path.counters.endpoints[0].flows_active.read() * 2,
              table(path, family).entries.read());
    path.advance(seconds(300));
    EXPECT_EQ(table(path, family).entries.read(), 0u);
    EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 0u);
  }
}

}  // namespace
}  // namespace weft
