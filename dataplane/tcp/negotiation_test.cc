// What both sides' SYNs offer is done, and nothing else: RFC 9293, 3.7.1; RFC 7323; RFC 2018.
#include <gtest/gtest.h>

#include <utility>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

SegmentOptions options_of_first(Transcript tcp) {
  return tcp.take_sent().front().options;
}

TEST(TcpNegotiation, OurSynOffersEverything) {
  const SegmentOptions options = options_of_first(Transcript::connecting({.mss_bytes = 1460}));
  EXPECT_EQ(options.mss_bytes, 1460);
  EXPECT_TRUE(options.has_window_scale);
  EXPECT_TRUE(options.sack_permitted);
  EXPECT_TRUE(options.has_timestamps);
  EXPECT_EQ(options.echo, 0u);
}

TEST(TcpNegotiation, OurSynOffersNothingThatIsOff) {
  TcpSettings off;
  off.timestamps = off.selective_acknowledgment = off.window_scaling = off.ecn = false;
  auto tcp = Transcript::connecting({.tcp = off});
  const test::SentSegment sent = tcp.take_sent().front();
  EXPECT_EQ(sent.flags, syn);
  EXPECT_FALSE(sent.options.has_window_scale);
  EXPECT_FALSE(sent.options.sack_permitted);
  EXPECT_FALSE(sent.options.has_timestamps);
}

TEST(TcpNegotiation, OurAnswerHasOnlyWhatWasOffered) {
  const SegmentOptions none = options_of_first(Transcript::accepting({}));
  EXPECT_NE(none.mss_bytes, 0);
  EXPECT_FALSE(none.has_window_scale);
  EXPECT_FALSE(none.sack_permitted);
  EXPECT_FALSE(none.has_timestamps);
  const SegmentOptions all = options_of_first(
      Transcript::accepting({.timestamps = true, .sack = true, .window_scale = 0}));
  EXPECT_TRUE(all.has_window_scale);
  EXPECT_TRUE(all.sack_permitted);
  EXPECT_TRUE(all.has_timestamps);
}

TEST(TcpNegotiation, OurAnswerHasNothingThatIsOff) {
  TcpSettings off;
  off.timestamps = off.selective_acknowledgment = off.window_scaling = off.ecn = false;
  auto tcp = Transcript::accepting(
      {.timestamps = true, .sack = true, .ecn = true, .window_scale = 0, .tcp = off});
  const test::SentSegment sent = tcp.take_sent().front();
  EXPECT_EQ(sent.flags, syn | ack);
  EXPECT_FALSE(sent.options.has_window_scale);
  EXPECT_FALSE(sent.options.sack_permitted);
  EXPECT_FALSE(sent.options.has_timestamps);
}

// RFC 9293, 3.7.1 (MUST-15, MUST-16): 536 where the peer does not say, and never more than ours.
TEST(TcpNegotiation, SegmentsAreAsSmallAsTheSmallerSideSays) {
  const TcpSettings settings;
  SegmentIn segment;
  segment.flags = syn;
  const auto mss_with = [&](uint16_t ours, uint16_t peers) {
    segment.options.mss_bytes = peers;
    return Connection::accept(settings, {.mss_bytes = ours}, segment, {}).segment_bytes();
  };
  EXPECT_EQ(mss_with(1460, 0), 536u);
  EXPECT_EQ(mss_with(1460, 1200), 1200u);
  EXPECT_EQ(mss_with(1000, 1460), 1000u);
  EXPECT_EQ(mss_with(1460, 1), 88u);  // absurd
}

// Options are taken off it (RFC 6691).
TEST(TcpNegotiation, TimestampsTakeTheirBytesFromTheSegment) {
  auto plain = Transcript::established({.mss_bytes = 1000});
  plain.write_bytes(2000).expect_bytes({1, 2001}, 1000);
  auto stamped = Transcript::established({.mss_bytes = 1000, .timestamps = true});
  stamped.write_bytes(2000).expect_bytes({1, 2001}, 988);
}

// RFC 7323, 3.2: once negotiated, in every segment but a reset; a segment without is not taken.
TEST(TcpNegotiation, TimestampsAreInEverySegmentOrInNone) {
  auto tcp = Transcript::established({.timestamps = true});
  tcp.receive({.payload = "lost", .without_timestamps = true}).expect_silence();
  EXPECT_TRUE(tcp.connection().received().empty());
  tcp.write("x");
  EXPECT_TRUE(tcp.take_sent().front().options.has_timestamps);
  tcp.receive({.seq = 1, .flags = rst, .without_timestamps = true}).expect_end(TcpEnd::reset);
  auto without = Transcript::established({});
  without.write("x");
  EXPECT_FALSE(without.take_sent().front().options.has_timestamps);
}

// RFC 7323, 2.2 and 2.3.
TEST(TcpNegotiation, TheWindowOfASynIsNotScaled) {
  auto tcp = Transcript::established({.window_bytes = 3000, .window_scale = 7});
  tcp.write_bytes(5000).expect_bytes({1, 3001}, 1000).expect_silence();
  tcp.receive({.ack = 3001, .window_bytes = 128}).expect_silence();
  EXPECT_EQ(tcp.connection().peer_window_bytes(), 128u);
}

TEST(TcpNegotiation, AShiftIsAtMostFourteen) {
  SegmentOut segment;
  OptionWriter(segment).window_scale(15);
  std::array<std::byte, 24> header{};
  std::copy_n(segment.options.begin(), 4, header.begin() + 20);
  EXPECT_EQ(SegmentOptions::of(header).window_scale, 14);
}

TEST(TcpNegotiation, WithoutScalingOurWindowFitsItsField) {
  auto tcp = Transcript::established({});
  tcp.write("x").expect({.window_bytes = 65535});
  auto scaled = Transcript::established({.window_scale = 0});
  scaled.write("x").expect({.window_bytes = 65536});
}

}  // namespace
}  // namespace weft
