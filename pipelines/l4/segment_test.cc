#include "pipelines/l4/segment.h"

#include <gtest/gtest.h>

#include "pipelines/l4/parse_any.h"
#include "pipelines/l4/parse_headers.h"
#include "pipelines/l4/write_ip_header.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Bytes;
using test::Decoded;

// A TCP segment of either family, in one buffer or in several.
class Segment : public testing::TestWithParam<bool> {
 protected:
  void make(std::size_t payload_bytes, uint32_t segment_bytes = UINT16_MAX) {
    const bool v4 = GetParam();
    auto frame = test::ethernet();
    v4 ? frame.ipv4("192.0.2.1", "203.0.113.10") : frame.ipv6("2001:db8::1", "2001:db8::2");
    const Bytes bytes = frame.tcp(1234, 80, tcp_flag::ack)
                            .tcp_options({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2})
                            .sequence(99)
                            .payload_bytes(payload_bytes)
                            .build();
    before_ = test::decode(bytes);
    burst_.packets[0] = pool_.make(bytes, segment_bytes);
    burst_.start(1, 0);
    parse_headers(burst_, {});
    ASSERT_EQ(burst_.live, 1u);
  }
  void TearDown() override {
    test::free_packet(packet());
    EXPECT_EQ(pool_.buffers_out(), 0u);
  }
  Packet packet() const { return burst_.packets[0]; }
  Headers& headers() { return burst_.headers[0]; }
  Decoded decoded() {
    const Decoded frame = test::decode(test::bytes_of(packet()));
    EXPECT_TRUE(frame.sound()) << frame;
    EXPECT_EQ(frame.ip_bytes, headers().ip_bytes);
    return frame;
  }

  test::PacketPool pool_;
  Burst burst_;
  Decoded before_;
};
INSTANTIATE_TEST_SUITE_P(Families, Segment, testing::Bool());

TEST_P(Segment, LosesItsPayload) {
  for (const std::size_t count : {1, 2, 101, 1000}) {
    SCOPED_TRACE(count);
    make(count);
    EXPECT_EQ(payload_bytes(packet(), headers()), count);
    cut_payload(packet(), headers());
    const Decoded frame = decoded();
    EXPECT_TRUE(frame.payload.empty());
    EXPECT_EQ(frame.sequence, 99u);
    EXPECT_EQ(frame.tcp_options, before_.tcp_options);
    if (count != 1000) test::free_packet(packet());
  }
}

TEST_P(Segment, LosesItsPayloadInSeveralBuffers) {
  make(1000, 300);
  ASSERT_GT(packet().buffer()->nb_segs, 1);
  cut_payload(packet(), headers());
  EXPECT_TRUE(decoded().payload.empty());
  EXPECT_EQ(packet().buffer()->nb_segs, 1);
}

TEST_P(Segment, GetsBytesInFrontOfItsPayload) {
  for (const auto& [text, count] : {std::pair{"even", 100}, {"odd", 100}, {"odd", 101}, {"x", 0}}) {
    SCOPED_TRACE(text);
    make(static_cast<std::size_t>(count), 200);
    const Bytes bytes = test::to_bytes(text);
    ASSERT_TRUE(prepend_payload(packet(), headers(), bytes));
    Bytes expected = bytes;
    expected.insert(expected.end(), before_.payload.begin(), before_.payload.end());
    EXPECT_EQ(decoded().payload, expected);
    if (count != 0) test::free_packet(packet());
  }
}

TEST_P(Segment, DamageStaysVisible) {
  make(100);
  packet().data()[packet().bytes() - 1] ^= std::byte{1};
  prepend_payload(packet(), headers(), test::to_bytes("odd"));
  EXPECT_FALSE(test::decode(test::bytes_of(packet())).sound());
}

TEST_P(Segment, BecomesAnotherOneOfAnySize) {
  const std::array<std::byte, 40> options{};
  for (const std::size_t option_bytes : {0u, 12u, 40u}) {
    make(0);
    const TcpHeader header{.source_port = be16(80),
                           .destination_port = be16(1234),
                           .sequence = 7,
                           .acknowledgment = 8,
                           .flags = tcp_flag::syn,
                           .window = 9,
                           .options = std::span(options).first(option_bytes)};
    const Ends ends{headers().destination, headers().source};
    ASSERT_TRUE(make_segment(packet(), headers(), ends, header));
    const Decoded frame = decoded();
    EXPECT_EQ(frame.source, before_.destination);
    EXPECT_EQ(frame.sequence, 7u);
    EXPECT_EQ(frame.window, 9);
    EXPECT_EQ(frame.tcp_options.size(), option_bytes);
    EXPECT_EQ(frame.ttl, 64);
    if (option_bytes != 40) test::free_packet(packet());
  }
}

}  // namespace
}  // namespace weft
