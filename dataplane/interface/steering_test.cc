#include "dataplane/interface/steering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace weft {
namespace {

using steering::Way;

constexpr KeyedHash::Key secret{1, 2, 3, 4};
const SteeringHash hash(secret, {});
const KeyedHash datagrams(secret);

IpAddress address(uint32_t host) {
  return IpAddress::v4(be32(host));
}

Headers packet(uint32_t source, uint16_t source_port, uint32_t destination,
               uint16_t destination_port) {
  Headers headers;
  headers.source = address(source);
  headers.destination = address(destination);
  headers.source_port = be16(source_port);
  headers.destination_port = be16(destination_port);
  headers.payload = Payload::transport;
  headers.protocol = Protocol::tcp;
  return headers;
}

Headers reversed(const Headers& packet) {
  Headers headers = packet;
  std::swap(headers.source, headers.destination);
  std::swap(headers.source_port, headers.destination_port);
  return headers;
}

constexpr uint32_t listener = 0xcb007119;  // 203.0.113.25
constexpr uint32_t endpoint = 0x0a000201;  // 10.0.2.1

struct Client {
  uint32_t address;
  uint16_t port;
};

std::vector<Client> clients(uint32_t count) {
  std::mt19937 random(7);
  std::vector<Client> made(count);
  for (Client& client : made) {
    client = {static_cast<uint32_t>(random()), static_cast<uint16_t>(random())};
  }
  return made;
}

TEST(Steering, SharesAreEqualToOneBucket) {
  for (uint32_t workers = 1; workers <= 64; ++workers) {
    std::vector<uint32_t> shares(workers);
    for (const uint8_t worker : equal_shares(workers)) ++shares.at(worker);
    const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
    EXPECT_LE(*most - *least, 1u) << workers;
  }
}

TEST(Steering, SharesFollowTheWeightsAlsoUnderAHashOfFewerBits) {
  const std::vector<uint16_t> weights{1, 0, 4, 3};
  const SteeringMap map = shares_of(weights);
  for (uint32_t buckets = 64; buckets <= steering_buckets; buckets *= 2) {
    for (std::size_t worker = 0; worker < weights.size(); ++worker) {
      EXPECT_EQ(std::count(map.begin(), map.begin() + buckets, worker),
                buckets * weights[worker] / 8)
          << buckets << " " << worker;
    }
  }
}

TEST(Steering, BothDirectionsOfAFlowMeet) {
  for (const Client& client : clients(1000)) {
    const Headers forward = packet(client.address, client.port, listener, 80);
    const Headers nat_return = packet(endpoint, 8080, client.address, client.port);
    EXPECT_EQ(steering::owner(forward, Way::to_nat_listener, hash),
              steering::owner(nat_return, Way::to_client, hash));
  }
}

TEST(Steering, ErrorsMeetTheFlowTheyQuote) {
  for (const Client& client : clients(1000)) {
    const uint32_t flow = steering::owner(packet(client.address, client.port, listener, 80),
                                          Way::to_nat_listener, hash);
    // Quoted: from the client to the endpoint. The error comes from there, on its way to the
    // client.
    const Headers to_endpoint = packet(client.address, client.port, endpoint, 8080);
    EXPECT_EQ(steering::owner(reversed(to_endpoint), Way::to_client, hash), flow);
    // Quoted: from the listener to the client. The error comes from there, to the listener.
    const Headers to_client = packet(listener, 80, client.address, client.port);
    EXPECT_EQ(steering::owner(reversed(to_client), Way::to_nat_listener, hash), flow);
  }
}

TEST(Steering, OnlyTheChosenBitsOfAPortCountBesideTheSource) {
  for (const Client& client : clients(1000)) {
    const auto owner_of = [&](uint32_t destination, uint16_t port) {
      return steering::owner(packet(client.address, client.port, destination, port),
                             Way::as_it_came, hash);
    };
    EXPECT_EQ(owner_of(listener, 80), owner_of(endpoint, 443));
    EXPECT_NE(owner_of(listener, 80), owner_of(listener, 8080));
    // An error that quotes what went to the client from there.
    const Headers to_client = packet(listener, 8080, client.address, client.port);
    EXPECT_EQ(steering::owner(reversed(to_client), Way::as_it_came, hash),
              owner_of(listener, 8080));
  }
}

TEST(Steering, PiecesOfADatagramMeet) {
  Headers piece = packet(0x01020304, 0, listener, 0);
  piece.payload = Payload::first_fragment;
  piece.datagram_id = 77;
  Headers next_piece = piece;
  next_piece.payload = Payload::later_fragment;
  next_piece.source_port = be16(999);  // what the parser leaves there does not count
  EXPECT_EQ(steering::datagram_owner(piece, datagrams),
            steering::datagram_owner(next_piece, datagrams));

  std::vector<uint32_t> owners;
  for (uint32_t id = 0; id < 100; ++id) {
    piece.datagram_id = id;
    owners.push_back(steering::datagram_owner(piece, datagrams));
  }
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  EXPECT_GT(owners.size(), 80u);

  // Of IPv6 the pieces may announce different next headers; of IPv4 the protocol is part of it.
  next_piece = piece;
  next_piece.protocol = Protocol::none;
  piece.v4 = next_piece.v4 = false;
  EXPECT_EQ(steering::datagram_owner(piece, datagrams),
            steering::datagram_owner(next_piece, datagrams));
  piece.v4 = next_piece.v4 = true;
  EXPECT_NE(steering::datagram_owner(piece, datagrams),
            steering::datagram_owner(next_piece, datagrams));
}

TEST(Steering, APieceWhosePortsAreKnownGoesToItsFlow) {
  const Headers whole = packet(0x01020304, 999, listener, 80);
  Headers piece = whole;
  piece.payload = Payload::later_fragment;
  piece.datagram_id = 77;
  EXPECT_EQ(steering::owner(piece, Way::to_nat_listener, hash),
            steering::owner(whole, Way::to_nat_listener, hash));
  EXPECT_EQ(steering::owner(piece, Way::to_client, hash),
            steering::owner(whole, Way::to_client, hash));
}

TEST(Steering, PacketsWithoutPortsGoByAddressAlone) {
  Headers echo = packet(0x01020304, 0, listener, 6);
  echo.payload = Payload::icmp_echo;
  Headers other = packet(0x01020304, 0, listener, 8);
  other.payload = Payload::other;
  EXPECT_EQ(steering::owner(echo, Way::to_nat_listener, hash),
            steering::owner(other, Way::to_nat_listener, hash));
}

TEST(Steering, FlowsSpreadEvenly) {
  std::vector<uint32_t> flows(steering_buckets);
  const uint32_t count = 100 * steering_buckets;
  // The worst case for a weak hash: one client, ports in sequence, then neighbouring addresses.
  for (uint32_t i = 0; i < count; ++i) {
    const Headers headers =
        packet(0x0a000000 + i / 50'000, static_cast<uint16_t>(1 + i % 50'000), listener, 80);
    ++flows[steering::owner(headers, Way::to_nat_listener, hash)];
  }
  const auto [least, most] = std::minmax_element(flows.begin(), flows.end());
  EXPECT_GT(*least, 50u);  // mean 100, standard deviation 10: five of them
  EXPECT_LT(*most, 150u);
}

TEST(Steering, TheKeyDecides) {
  const SteeringHash other({1, 2, 3, 5}, {});
  uint32_t same = 0;
  for (const Client& client : clients(1000)) {
    const Headers headers = packet(client.address, client.port, listener, 80);
    same += steering::owner(headers, Way::to_nat_listener, hash) ==
            steering::owner(headers, Way::to_nat_listener, other);
  }
  EXPECT_LT(same, 20u);  // one in 1024 by chance
}

}  // namespace
}  // namespace weft
