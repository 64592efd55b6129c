#include "pipelines/l4/streams.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

StreamSides sides(uint16_t client_port) {
  return {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("203.0.113.10"), be16(client_port),
          be16(80)};
}

TEST(Streams, FindsEachByItsSidesUntilItEnds) {
  Streams streams(1000, KeyedHash({1, 2, 3, 4}));
  for (uint16_t port = 1; port <= 1000; ++port) {
    Stream* stream = streams.begin(sides(port));
    ASSERT_NE(stream, nullptr) << port;
    stream->client_isn = port;
  }
  EXPECT_EQ(streams.size(), 1000u);
  for (uint16_t port = 2; port <= 1000; port += 2) streams.end(sides(port));
  EXPECT_EQ(streams.size(), 500u);
  for (uint16_t port = 1; port <= 1000; ++port) {
    const Stream* stream = streams.find(sides(port));
    ASSERT_EQ(stream != nullptr, port % 2 == 1) << port;
    EXPECT_TRUE(stream == nullptr || stream->client_isn == port) << port;
  }
}

TEST(Streams, AreBoundedAndWhatEndedMakesRoom) {
  Streams streams(3, KeyedHash({1, 2, 3, 4}));
  for (uint16_t port = 1; port <= 3; ++port) ASSERT_NE(streams.begin(sides(port)), nullptr);
  EXPECT_EQ(streams.begin(sides(4)), nullptr);
  streams.end(sides(9));  // nobody's
  EXPECT_EQ(streams.begin(sides(4)), nullptr);
  streams.end(sides(2));
  EXPECT_NE(streams.begin(sides(4)), nullptr);
  EXPECT_EQ(streams.begin(sides(2)), nullptr);
  EXPECT_NE(streams.find(sides(4)), nullptr);
  EXPECT_EQ(streams.find(sides(2)), nullptr);
}

TEST(Streams, OneThatBeginsAnewIsFresh) {
  Streams streams(3, KeyedHash({1, 2, 3, 4}));
  streams.begin(sides(1))->client_isn = 7;
  EXPECT_EQ(streams.begin(sides(1))->client_isn, 0u);
  EXPECT_EQ(streams.size(), 1u);
}

TEST(Streams, TheSidesOfAPacketAreThoseOfItsConnectionInBothDirections) {
  Decision there;
  const Headers headers{.source = sides(1).client,
                        .destination = sides(1).listener,
                        .source_port = be16(1),
                        .destination_port = be16(80)};
  const StreamSides of_client = StreamSides::of(headers, there);
  EXPECT_EQ(of_client.client, sides(1).client);
  EXPECT_EQ(of_client.listener_port, be16(80));
  Decision back;  // fullnat
  back.direction = Direction::to_client;
  back.rewrites_both = true;
  back.rewrite_address = sides(1).listener;
  back.rewrite_port = be16(80);
  back.near_address = sides(1).client;
  back.near_port = be16(1);
  const StreamSides of_endpoint = StreamSides::of(Headers{}, back);
  EXPECT_EQ(of_endpoint.client, of_client.client);
  EXPECT_EQ(of_endpoint.listener, of_client.listener);
  EXPECT_EQ(of_endpoint.client_port, of_client.client_port);
}

}  // namespace
}  // namespace weft
