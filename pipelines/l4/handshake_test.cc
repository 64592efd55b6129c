// What a settled stream shifts by, for each set of options that an endpoint may grant. (The
// segments that are made: open_stream_test.cc.)
#include "pipelines/l4/handshake.h"

#include <gtest/gtest.h>

#include "pipelines/l4/parse_headers.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

constexpr SynOptions offered{.timestamp = 2000,
                             .echo = 500,
                             .mss_bytes = 1400,
                             .window_scale = 9,
                             .sack = true,
                             .timestamps = true};

struct Settled {
  bool done = false;
  Stream stream;
};

Settled settled(const SynOptions& client, const std::vector<uint8_t>& granted) {
  test::PacketPool pool;
  Burst burst;
  burst.packets[0] = pool.make(test::ethernet()
                                   .ipv4("10.0.2.1", "192.0.2.1")
                                   .tcp(8080, 1234, tcp_flag::syn | tcp_flag::ack)
                                   .sequence(1000)
                                   .tcp_options(granted)
                                   .build());
  burst.start(1, 0);
  parse_headers(burst, {});
  Settled result;
  begin_opening(result.stream, {.options = client, .isn = 1, .cookie = 300, .window = 5});
  result.done = learn_shifts(burst.packets[0], burst.headers[0], result.stream);
  test::free_packet(burst.packets[0]);
  return result;
}

TEST(Settle, ShiftsByWhatTheCookieSaid) {
  const auto [done, stream] = settled(offered, {4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 7, 208, 3, 3, 7});
  EXPECT_TRUE(done);
  EXPECT_EQ(stream.endpoint_shift, static_cast<uint32_t>(300 - 1000));
  EXPECT_EQ(stream.timestamp_shift, 400u);
  EXPECT_EQ(stream.upscale_to_client, 0);
  EXPECT_EQ(stream.upscale_to_endpoint, 0);
  EXPECT_FALSE(stream.blanks_blocks);
}

TEST(Settle, WindowsAreRescaledWhereTheScaleIsNotThePromisedOne) {
  const std::vector<uint8_t> with_scale = {8, 10, 0, 0, 0, 1, 0, 0, 0, 1, 3, 3, 10};
  EXPECT_EQ(settled(offered, with_scale).stream.upscale_to_client, 3);
  EXPECT_EQ(settled(offered, with_scale).stream.upscale_to_endpoint, 0);
  const auto none = settled(offered, {8, 10, 0, 0, 0, 1, 0, 0, 0, 1}).stream;
  EXPECT_EQ(none.upscale_to_client, -7);
  EXPECT_EQ(none.upscale_to_endpoint, 9);
  SynOptions few = offered;
  few.window_scale = SynOptions::no_window_scale;
  const auto neither = settled(few, {8, 10, 0, 0, 0, 1, 0, 0, 0, 1}).stream;
  EXPECT_EQ(neither.upscale_to_client, 0);
  EXPECT_EQ(neither.upscale_to_endpoint, 0);
}

TEST(Settle, AnEndpointMayHaveNoSackButNotNoTimestamps) {
  EXPECT_TRUE(settled(offered, {8, 10, 0, 0, 0, 1, 0, 0, 0, 1}).stream.blanks_blocks);
  EXPECT_FALSE(settled(offered, {4, 2}).done);
  SynOptions few;
  EXPECT_TRUE(settled(few, {2, 4, 5, 180}).done);
}

}  // namespace
}  // namespace weft
