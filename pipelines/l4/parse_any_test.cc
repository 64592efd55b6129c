#include "pipelines/l4/parse_any.h"

#include <gtest/gtest.h>

#include "tests/packet_builder.h"
#include "tests/packet_pool.h"

// The table of parse_headers_test.cc covers what is common to both halves; here is what only the
// slow half sees, whatever the fast one would have taken.
namespace weft {
namespace {

using test::ethernet;

// Every prefix of a frame is read without a step beyond it, and is refused.
TEST(ParseAny, EveryTruncationOfEveryKindIsRefused) {
  test::PacketPool pool;
  const auto quote = ethernet().ipv4("10.0.0.2", "10.0.0.1").udp(53, 1234).build_ip();
  const test::FrameBuilder frames[] = {
      ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, tcp_flag::syn).tcp_options({2, 4, 5, 180}),
      ethernet().ipv4("10.0.0.1", "10.0.0.2").ip_options({7, 7, 4, 0, 0, 0, 0, 1}).udp(1, 2),
      ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(3, 4).payload(quote),
      ethernet().ipv6("fd00::1", "fd00::2").tcp(1, 2, tcp_flag::ack).payload("six"),
      ethernet().ipv6("fd00::1", "fd00::2").icmp(2, 0).payload(quote),
      ethernet()
          .ipv6("fd00::1", "fd00::2")
          .extension(0)
          .extension(43, {4})
          .fragment(0, true)
          .udp(1, 2),
  };
  for (const test::FrameBuilder& builder : frames) {
    const test::Bytes whole = builder.build();
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const Packet packet = pool.make({whole.begin(), whole.begin() + static_cast<long>(size)});
      Headers headers;
      EXPECT_EQ(parse_any(packet, {}, headers) == Drop::none, size == whole.size()) << size;
      test::free_packet(packet);
    }
  }
}

TEST(ParseAny, TakesPlainFramesAsWell) {
  test::PacketPool pool;
  const auto frame = ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80, tcp_flag::syn);
  const Packet packet = pool.make(frame.build());
  Headers headers;
  EXPECT_EQ(parse_any(packet, {}, headers), Drop::none);
  EXPECT_EQ(headers.destination_port, be16(80));
  EXPECT_EQ(headers.tcp_flags, tcp_flag::syn);
  test::free_packet(packet);
}

}  // namespace
}  // namespace weft
