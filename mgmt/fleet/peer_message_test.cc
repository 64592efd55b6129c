#include "mgmt/fleet/peer_message.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace weft::mgmt {
namespace {

const FleetKey key = fleet_key("edge", "a secret");

PlacedFlow flow(std::string_view client, std::string_view listener, std::string_view endpoint) {
  return {*IpAddress::parse(client),
          *IpAddress::parse(listener),
          *IpAddress::parse(endpoint),
          be16(40000),
          be16(80),
          be16(8080)};
}
const PlacedFlow v4 = flow("192.0.2.1", "203.0.113.10", "10.0.2.1");
const PlacedFlow v6 = flow("2001:db8::1", "2001:db8:1::10", "fd00::1");
const PlacedFlow mixed = flow("192.0.2.1", "203.0.113.10", "fd00::1");
constexpr PeerHeader header{.speaker = 1, .challenge = 2, .answer = 3, .sequence = UINT64_MAX};

std::vector<std::byte> message_of(const std::vector<PlacedFlow>& flows,
                                  const FleetKey& with = key) {
  std::vector<std::byte> body;
  for (const PlacedFlow& each : flows) append_flow(body, each);
  return encode(header, static_cast<uint16_t>(flows.size()), body, with);
}

TEST(PeerMessage, SaysWhatWasSaid) {
  for (const std::vector<PlacedFlow>& flows :
       {std::vector<PlacedFlow>{}, {v4}, {v6}, {mixed}, {v4, v6, mixed, v4}}) {
    const auto message = decode(message_of(flows), key);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->header, header);
    EXPECT_EQ(message->flows, flows);
  }
}

TEST(PeerMessage, IsLaidOutAsTheHeaderSays) {
  const auto bytes = message_of({v4});
  ASSERT_EQ(bytes.size(), peer_header_bytes + flow_bytes(v4) + peer_code_bytes);
  EXPECT_EQ(std::memcmp(bytes.data(), "WFT1", 4), 0);
  const std::byte expected[] = {std::byte{0},  std::byte{192},  std::byte{0},    std::byte{2},
                                std::byte{1},  std::byte{203},  std::byte{0},    std::byte{113},
                                std::byte{10}, std::byte{10},   std::byte{0},    std::byte{2},
                                std::byte{1},  std::byte{0x9c}, std::byte{0x40}, std::byte{0},
                                std::byte{80}, std::byte{0x1f}, std::byte{0x90}};
  EXPECT_EQ(std::memcmp(bytes.data() + peer_header_bytes, expected, sizeof(expected)), 0);
}

TEST(PeerMessage, HasRoomForAsManyFlowsAsItSays) {
  const auto bytes = message_of(std::vector<PlacedFlow>(peer_message_flows_max, v6));
  EXPECT_LE(bytes.size(), peer_message_bytes_max);
  EXPECT_TRUE(decode(bytes, key));
}

TEST(PeerMessage, OfAnotherFleetOrKeyIsNothing) {
  EXPECT_FALSE(decode(message_of({v4}, fleet_key("edge", "another secret")), key));
  EXPECT_FALSE(decode(message_of({v4}, fleet_key("core", "a secret")), key));
}

TEST(PeerMessage, WithAnyBitChangedOrAnyByteLessIsNothing) {
  const auto good = message_of({v4, v6});
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto bad = good;
    bad[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_FALSE(decode(bad, key)) << bit;
  }
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_FALSE(decode(std::span(good).first(bytes), key)) << bytes;
  }
  auto longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode(longer, key));
}

// With a right code, as a peer with a bug would send it: anything but a crash, and what is taken
// would be said the same way.
TEST(PeerMessage, WithARightCodeAndAnyBodyIsReadWholeOrNotAtAll) {
  std::mt19937 random(1);
  std::vector<std::byte> good;
  for (const PlacedFlow& each : {v4, v6, mixed}) append_flow(good, each);
  uint32_t taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto body = good;
    for (uint32_t changes = random() % 3; changes > 0; --changes) {
      body[random() % body.size()] = static_cast<std::byte>(random());
    }
    body.resize(body.size() - random() % 3);
    const auto count = static_cast<uint16_t>(random() % 8 == 0 ? random() : 3);
    const auto message = decode(encode(header, count, body, key), key);
    if (!message) continue;
    ++taken;
    std::vector<std::byte> again;
    for (const PlacedFlow& each : message->flows) append_flow(again, each);
    EXPECT_EQ(again, body);
  }
  EXPECT_GT(taken, 1000u);
}

TEST(PeerMessage, WithoutASpeakerOrAChallengeIsNothing) {
  EXPECT_FALSE(decode(encode({.speaker = 0, .challenge = 2}, 0, {}, key), key));
  EXPECT_FALSE(decode(encode({.speaker = 1, .challenge = 0}, 0, {}, key), key));
}

}  // namespace
}  // namespace weft::mgmt
