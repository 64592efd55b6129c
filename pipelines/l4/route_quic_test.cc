#include "pipelines/l4/route_quic.h"

#include <gtest/gtest.h>

#include "tests/hex.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::array_of_hex;
using test::bytes_of_hex;
using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr const char* listener = "203.0.113.10";
constexpr QuicLbSettings clear{.rotation = 0, .server_id_bytes = 3, .nonce_bytes = 4};
const QuicLbSettings encrypted{.rotation = 1,
                               .server_id_bytes = 3,
                               .nonce_bytes = 6,
                               .key = array_of_hex<16>("8f95f09245765f80256934e50c66207f")};

std::string server_id(int n) {
  return "c4600" + std::to_string(n);
}

SnapshotBuilder configuration(Forward forward) {
  SnapshotBuilder b;
  std::vector<test::TestEndpoint> endpoints;
  for (int n = 1; n <= 4; ++n) {
    endpoints.push_back({"10.0.2." + std::to_string(n), 443, 1, server_id(n)});
  }
  b.source_addresses("10.0.0.240/29");
  b.cluster("quic", endpoints, OnEndpointDown::keep);
  b.listener(listener, 443, Protocol::udp, forward, "quic").quic({clear, encrypted});
  b.listener(listener, 53, Protocol::udp, forward, "quic");
  return b;
}

test::Bytes id_of(const std::string& server, const QuicLbSettings& settings = clear) {
  const std::vector<std::byte> nonce(settings.nonce_bytes, std::byte{7});
  const auto id = QuicLbCodec(settings).encode(QuicServerId(bytes_of_hex(server)), nonce);
  return {id.bytes.begin(), id.bytes.begin() + id.length};
}

test::Bytes joined(std::initializer_list<test::Bytes> parts) {
  test::Bytes all;
  for (const test::Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

test::Bytes short_header(const test::Bytes& id) {
  return joined({bytes_of_hex("40"), id, bytes_of_hex("00112233445566778899")});
}

test::Bytes long_header(const test::Bytes& id) {
  return joined({bytes_of_hex("c000000001"),
                 {static_cast<std::byte>(id.size())},
                 id,
                 bytes_of_hex("000011223344")});
}

test::FrameBuilder from(uint16_t port, test::Bytes datagram, const char* client = "192.0.2.1",
                        uint16_t to_port = 443) {
  return ethernet().ipv4(client, listener).udp(port, to_port).payload(std::move(datagram));
}

std::string address_of(int server) {
  return "10.0.2." + std::to_string(server);
}

// The server that the packet goes to.
std::string reached(const test::PathOutput& out) {
  EXPECT_TRUE(out.forwarded()) << name(out.drop);
  return out.frame.destination;
}

class RouteQuic : public testing::TestWithParam<Forward> {
 protected:
  uint64_t routed() const { return path.counters.quic[0].routed.read(); }
  uint64_t unknown() const { return path.counters.quic[0].unknown.read(); }
  uint64_t flows_active(int server) const {
    return path.counters.endpoints[index(slot(server))].flows_active.read();
  }
  EndpointSlot slot(int server) const {
    return path.gateway.endpoint("quic", address_of(server) + ":443");
  }

  Path path{configuration(GetParam())};
};

TEST_P(RouteQuic, AClientGoesWhereItsIdSaysWhateverItsAddressIs) {
  for (const QuicLbSettings& settings : {clear, encrypted}) {
    uint16_t port = 1000;
    for (int server = 1; server <= 4; ++server) {
      const auto datagram = short_header(id_of(server_id(server), settings));
      for (const char* client : {"192.0.2.1", "192.0.2.77", "192.0.2.1"}) {
        EXPECT_EQ(reached(path.send(from(++port, datagram, client))), address_of(server));
      }
    }
  }
  EXPECT_EQ(routed(), 24u);
  EXPECT_EQ(unknown(), 0u);
}

TEST_P(RouteQuic, AFlowFollowsItsIdToAnotherEndpoint) {
  for (int server : {1, 2, 3, 1}) {
    const auto datagram = short_header(id_of(server_id(server)));
    EXPECT_EQ(reached(path.send(from(1, datagram))), address_of(server));
    EXPECT_EQ(reached(path.send(from(1, bytes_of_hex("40ff")))), address_of(server)) << "its entry";
    for (int other = 1; other <= 4; ++other) {
      EXPECT_EQ(flows_active(other), other == server ? 1u : 0u);
    }
  }
}

TEST_P(RouteQuic, ABurstOfAMovedClientMakesOneFlow) {
  path.send(from(1, short_header(id_of(server_id(1)))));
  const std::vector<test::Bytes> burst(5, from(1, short_header(id_of(server_id(2)))).build());
  for (const auto& out : path.send_burst(burst)) EXPECT_EQ(reached(out), address_of(2));
  EXPECT_EQ(flows_active(1), 0u);
  EXPECT_EQ(flows_active(2), 1u);
  EXPECT_EQ(path.counters.listeners[0].flows.read(), 2u);
}

TEST_P(RouteQuic, ALongHeaderGoesByTheHashAndItsFlow) {
  std::vector<std::string> all;
  for (int server = 1; server <= 4; ++server) {
    path.restart();
    all.push_back(reached(path.send(from(1, long_header(id_of(server_id(server)))))));
  }
  EXPECT_EQ(all, std::vector<std::string>(4, all[0])) << "whatever its id is";
  path.send(from(1, short_header(id_of(server_id(3)))));
  EXPECT_EQ(reached(path.send(from(1, long_header(id_of(server_id(2)))))), address_of(3));
  EXPECT_EQ(routed(), 1u);
  EXPECT_EQ(unknown(), 0u);
}

TEST_P(RouteQuic, WhatNamesNobodyGoesByItsFlow) {
  path.send(from(1, short_header(id_of(server_id(3)))));
  auto without_configuration = id_of(server_id(1));
  without_configuration[0] |= std::byte{0xe0};
  const auto whole = short_header(id_of(server_id(1)));
  for (const test::Bytes& datagram :
       {short_header(without_configuration), short_header(id_of("ffffff")), bytes_of_hex("40"),
        test::Bytes(whole.begin(), whole.begin() + 8)}) {
    EXPECT_EQ(reached(path.send(from(1, datagram))), address_of(3));
  }
  EXPECT_EQ(unknown(), 4u);
  EXPECT_EQ(reached(path.send(from(1, {}))), address_of(3)) << "an empty datagram";
  EXPECT_EQ(unknown(), 4u);
}

TEST_P(RouteQuic, PaddingBehindTheDatagramIsNoPartOfAnId) {
  path.send(from(1, short_header(id_of(server_id(3)))));
  const auto id = id_of(server_id(1));
  auto frame = from(1, joined({bytes_of_hex("40"), {id.begin(), id.begin() + 5}})).build();
  frame.insert(frame.end(), id.begin() + 5, id.end());
  EXPECT_EQ(reached(path.send(frame)), address_of(3));
  EXPECT_EQ(unknown(), 1u);
}

TEST_P(RouteQuic, NoByteBeyondAFrameIsRead) {
  const auto whole = short_header(id_of(server_id(2), encrypted));
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    path.restart();
    const auto out = path.send(from(1, {whole.begin(), whole.begin() + static_cast<int>(bytes)}));
    EXPECT_TRUE(out.forwarded());
    if (bytes > 10) {
      EXPECT_EQ(reached(out), address_of(2));
    }
  }
}

TEST_P(RouteQuic, ADrainingEndpointIsFollowedAndOneThatIsDownIsNot) {
  const auto datagram = short_header(id_of(server_id(2)));
  path.gateway.set_state(slot(2), EndpointState::draining);
  EXPECT_EQ(reached(path.send(from(1, datagram))), address_of(2));
  path.gateway.set_state(slot(2), EndpointState::down);
  EXPECT_NE(reached(path.send(from(2, datagram))), address_of(2));
  EXPECT_EQ(unknown(), 1u);
}

TEST_P(RouteQuic, AnEndpointThatIsGoneIsNotFollowed) {
  EndpointPart part = *path.gateway.snapshot.endpoints;
  EndpointRecord gone = part.records[index(slot(2))];
  gone.cluster = none<ClusterSlot>;
  part.records = part.records.with({{index(slot(2)), gone}});
  path.gateway.snapshot.endpoints = std::make_shared<const EndpointPart>(part);
  path.send(from(1, short_header(id_of(server_id(2)))));
  EXPECT_EQ(routed(), 0u);
  EXPECT_EQ(unknown(), 1u);
}

TEST_P(RouteQuic, AGatewayThatStopsStillTakesConnectionsThatMove) {
  path.refuse_new_flows = true;
  EXPECT_EQ(reached(path.send(from(1, short_header(id_of(server_id(2)))))), address_of(2));
  EXPECT_EQ(name(path.send(from(2, long_header(id_of(server_id(2))))).drop), name(Drop::stopping));
}

TEST_P(RouteQuic, OtherListenersReadNoIds) {
  std::vector<std::string> all;
  for (int server = 1; server <= 4; ++server) {
    all.push_back(
        reached(path.send(from(1, short_header(id_of(server_id(server))), "192.0.2.1", 53))));
  }
  EXPECT_EQ(all, std::vector<std::string>(4, all[0]));
}

TEST_P(RouteQuic, RepliesFindTheClientThatMoved) {
  if (!is_nat(GetParam())) GTEST_SKIP() << "replies go past the gateway";
  path.send(from(1, short_header(id_of(server_id(1)))));
  const auto moved = path.send(from(1, short_header(id_of(server_id(2)))));
  const auto to_port = static_cast<uint16_t>(moved.frame.source_port);
  const auto reply =
      path.send(ethernet().ipv4(address_of(2), moved.frame.source).udp(443, to_port).payload("x"));
  ASSERT_TRUE(reply.forwarded()) << name(reply.drop);
  EXPECT_EQ(reply.frame.source, listener);
  EXPECT_EQ(reply.frame.source_port, 443);
  EXPECT_EQ(reply.frame.destination, "192.0.2.1");
  EXPECT_EQ(reply.frame.destination_port, 1);
}

INSTANTIATE_TEST_SUITE_P(Modes, RouteQuic,
                         testing::Values(Forward::nat, Forward::fullnat, Forward::ipip,
                                         Forward::gue, Forward::gre),
                         [](const auto& mode) { return std::string(name(mode.param)); });

}  // namespace
}  // namespace weft
