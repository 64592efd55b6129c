// The packet path as a whole: a table of packets and what becomes of them.
#include "pipelines/l4/l4.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

constexpr auto client = "10.9.0.1";

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}});
  b.cluster("dns", {{"10.0.3.1", 5353}});
  b.cluster("empty", {});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::nat, "dns");
  b.listener("203.0.113.12", 80, Protocol::tcp, Forward::nat, "empty");
  b.listener("203.0.113.64/28", 1000, Protocol::udp, Forward::ipip, "dns", HashOn::five_tuple,
             1999);
  b.source_addresses("10.0.0.240/29");
  b.neighbour(client);
  return b;
}

struct Row {
  const char* description;
  FrameBuilder frame;
  Verdict verdict;
  Drop drop;
};

FrameBuilder tcp_to(const char* listener, uint8_t flags = tcp_flag::syn) {
  return ethernet().ipv4(client, listener).tcp(1234, 80, flags);
}

TEST(L4, GivesEveryPacketItsVerdict) {
  const Row rows[] = {
      {"a SYN to a nat listener", tcp_to("203.0.113.10"), Verdict::transmit, Drop::none},
      {"a SYN to an ipip listener", tcp_to("203.0.113.11"), Verdict::transmit, Drop::none},
      {"mid-flow without an entry", tcp_to("203.0.113.11", tcp_flag::ack), Verdict::transmit,
       Drop::none},
      {"a query to a udp listener", ethernet().ipv4(client, "203.0.113.10").udp(1234, 53),
       Verdict::transmit, Drop::none},
      {"into a prefix and a range", ethernet().ipv4(client, "203.0.113.70").udp(1234, 1500),
       Verdict::transmit, Drop::none},
      {"beside the range: unreachable", ethernet().ipv4(client, "203.0.113.70").udp(1234, 2000),
       Verdict::transmit, Drop::no_listener},
      {"to another port: reset", ethernet().ipv4(client, "203.0.113.10").tcp(1, 81, tcp_flag::syn),
       Verdict::transmit, Drop::no_listener},
      {"to a source address: reset",
       ethernet().ipv4(client, "10.0.0.241").tcp(1, 81, tcp_flag::syn), Verdict::transmit,
       Drop::no_listener},
      {"to a cluster without endpoints: reset", tcp_to("203.0.113.12"), Verdict::transmit,
       Drop::no_endpoint},
      {"to the host", tcp_to("10.0.0.254"), Verdict::twin, Drop::none},
      {"echo to a listener's address", ethernet().ipv4(client, "203.0.113.10").icmp(8, 0, 1),
       Verdict::transmit, Drop::none},
      {"echo to a source address", ethernet().ipv4(client, "10.0.0.241").icmp(8, 0, 1),
       Verdict::twin, Drop::none},
      {"to nobody", tcp_to("198.51.100.1"), Verdict::drop, Drop::transit},
      {"echo to nobody", ethernet().ipv4(client, "198.51.100.1").icmp(8, 0, 1), Verdict::drop,
       Drop::transit},
      {"a first piece to a listener", tcp_to("203.0.113.10").fragment(0, true), Verdict::transmit,
       Drop::none},
      {"a piece before the first", tcp_to("203.0.113.10").fragment(1480, false), Verdict::hold,
       Drop::none},
      {"SCTP to a listener", ethernet().ipv4(client, "203.0.113.10").protocol(132).payload("sctp"),
       Verdict::drop, Drop::protocol_unsupported},
      {"the last hop", tcp_to("203.0.113.10").ttl(1), Verdict::transmit, Drop::ttl_expired},
      {"too big for the tunnel",
       tcp_to("203.0.113.11", tcp_flag::ack).dont_fragment().payload_bytes(1500 - 40),
       Verdict::transmit, Drop::packet_too_big},
      {"just fits the tunnel",
       tcp_to("203.0.113.11", tcp_flag::ack).dont_fragment().payload_bytes(1480 - 40),
       Verdict::transmit, Drop::none},
      {"from the other side of the world",
       ethernet().ipv4("198.51.100.7", "203.0.113.10").tcp(1, 81, tcp_flag::syn), Verdict::drop,
       Drop::no_listener},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    Path path(configuration());
    const auto out = path.send(row.frame);
    EXPECT_EQ(out.verdict, row.verdict);
    EXPECT_EQ(name(out.drop), name(row.drop));
    if (out.transmitted()) {
      EXPECT_TRUE(out.frame.sound()) << out.frame;
    }
  }
}

TEST(L4, AnIcmpErrorThatQuotesNoFlowIsDroppedByName) {
  Path path(configuration());
  const auto quoted = ethernet().ipv4("203.0.113.10", client).tcp(80, 1234, tcp_flag::ack);
  const auto out = path.send(
      ethernet().ipv4("192.0.2.1", "203.0.113.10").icmp(3, 4, 1400).payload(quoted.build_ip()));
  EXPECT_EQ(name(out.drop), name(Drop::icmp_error_unmatched));
}

TEST(L4, WithoutARouteOrANeighbourThePacketEndsHere) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  const auto syn = [](const char* from) {
    return ethernet().ipv4(from, "203.0.113.10").tcp(1234, 80, tcp_flag::syn);
  };
  const auto reply = [](const char* to) {
    return ethernet().ipv4("10.0.2.1", to).tcp(8080, 1234, tcp_flag::syn | tcp_flag::ack);
  };
  ASSERT_TRUE(path.send(syn("198.51.100.7")).forwarded());
  EXPECT_EQ(name(path.send(reply("198.51.100.7")).drop), name(Drop::no_route));
  ASSERT_TRUE(path.send(syn("10.7.7.7")).forwarded());
  EXPECT_EQ(path.send(reply("10.7.7.7")).verdict, Verdict::hold);
  const auto wish = path.l4->neighbour_wishes().take();
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->address.to_string(), "10.7.7.7");
  ASSERT_TRUE(path.send(syn("192.0.2.77")).forwarded());
  EXPECT_TRUE(path.send(reply("192.0.2.77")).forwarded());  // by way of the gateway
}

TEST(L4, TransitGoesToTheTwinWhenSoConfigured) {
  auto b = configuration();
  b.transit(Transit::twin);
  Path path(b);
  EXPECT_EQ(path.send(tcp_to("198.51.100.1")).verdict, Verdict::twin);
  EXPECT_EQ(path.send(ethernet().ipv4(client, "198.51.100.1").icmp(8, 0, 1)).verdict,
            Verdict::twin);
}

TEST(L4, PacketsOfOneBurstThatBeginOneListenerLimitsItsEndpoint) {
  std::vector<test::TestEndpoint> many;
  for (int i = 1; i < 50; ++i) many.push_back({"10.0.2." + std::to_string(i), 8080});
  SnapshotBuilder b;
  b.cluster("web", many).listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  const auto frame = tcp_to("203.0.113.10", tcp_flag::ack).build();
  const auto out = path.send_burst(std::vector<test::Bytes>(32, frame));
  for (const auto& packet : out) EXPECT_EQ(packet.frame.destination, out[0].frame.destination);
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 1u);
}

}  // namespace
}  // namespace weft
