#include "dataplane/tcp/segment.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/guard_page.h"
#include "tests/hex.h"

namespace weft {
namespace {

constexpr std::string_view fixed_header = "0050c3500000000500000009501820000000abcd";

// Of a header with these options that ends at a guard page.
SegmentOptions read(std::string_view options) {
  test::GuardPage page;
  return SegmentOptions::of(
      page.place(test::bytes_of_hex(std::string(fixed_header) + std::string(options))));
}

std::string written(const SegmentOut& segment) {
  return test::hex_of(segment.options_span());
}

TEST(SegmentOptions, OfASyn) {
  const SegmentOptions options = read("020405b40402080a00000007000000080103030a");
  EXPECT_EQ(options.mss_bytes, 1460);
  EXPECT_TRUE(options.sack_permitted);
  EXPECT_TRUE(options.has_timestamps);
  EXPECT_EQ(options.timestamp, 7u);
  EXPECT_EQ(options.echo, 8u);
  EXPECT_TRUE(options.has_window_scale);
  EXPECT_EQ(options.window_scale, 10);
}

TEST(SegmentOptions, AShiftAboveFourteenIsFourteen) {
  EXPECT_EQ(read("03030f00").window_scale, 14);
}

TEST(SegmentOptions, Sack) {
  const SegmentOptions options = read(
      "0101050a0000000100000003"
      "0101050a0000000500000009");
  ASSERT_EQ(options.sack_count, 2);
  EXPECT_EQ(options.sack[0], (SequenceRange{Sequence(1), Sequence(3)}));
  EXPECT_EQ(options.sack[1], (SequenceRange{Sequence(5), Sequence(9)}));
}

TEST(SegmentOptions, BlocksThatEndBeforeTheyBeginAreNotThere) {
  EXPECT_EQ(read("0101050a0000000300000001").sack_count, 0);
  EXPECT_EQ(read("0101050a0000000300000003").sack_count, 0);
  EXPECT_EQ(read("0101050affffffff00000001").sack_count, 1);  // across the wrap
}

TEST(SegmentOptions, WrongLengthsAreNotThere) {
  EXPECT_EQ(read("0203050000000000").mss_bytes, 0);
  EXPECT_FALSE(read("0304010100000000").has_window_scale);
  EXPECT_FALSE(read("0403000000000000").sack_permitted);
  EXPECT_FALSE(read("08090000000700000008000000000000").has_timestamps);
  EXPECT_EQ(read("0101050900000001000000020000").sack_count, 0);
}

// RFC 9293, 3.1 (MUST-6, MUST-7): unknown options are passed over by their length; an impossible
// length ends the reading.
TEST(SegmentOptions, UnknownOnesArePassedOverAndMalformedOnesEndIt) {
  EXPECT_EQ(read("fe04aaaa020405b4").mss_bytes, 1460);
  EXPECT_EQ(read("fe00aaaa020405b4").mss_bytes, 0);
  EXPECT_EQ(read("fe01aaaa020405b4").mss_bytes, 0);
  EXPECT_EQ(read("0000aaaa020405b4").mss_bytes, 0);
  const SegmentOptions before = read("020405b4fe20aaaa");
  EXPECT_EQ(before.mss_bytes, 1460);
}

// Whatever the bytes: nothing behind the header is read.
TEST(SegmentOptions, EachCutOfAHeaderStaysInside) {
  const std::string all = "020405b40402080a00000007000000080103030a0101050a0000000100000003";
  for (std::size_t bytes = 0; bytes <= all.size() / 2; ++bytes) read(all.substr(0, bytes * 2));
}

TEST(Segment, OfAHeader) {
  const SegmentIn segment = segment_from(test::bytes_of_hex(fixed_header));
  EXPECT_EQ(segment.sequence, Sequence(5));
  EXPECT_EQ(segment.acknowledgment, Sequence(9));
  EXPECT_EQ(segment.flags, tcp_flag::ack | tcp_flag::psh);
  EXPECT_EQ(segment.window, 0x2000);
}

TEST(Segment, SynAndFinOccupyANumberEach) {
  SegmentIn segment;
  EXPECT_EQ(segment.length(), 0u);
  segment.flags = tcp_flag::syn | tcp_flag::fin;
  segment.payload = Slice::of_static("abc");
  EXPECT_EQ(segment.length(), 5u);
}

TEST(OptionWriter, WritesWhatIsReadAgain) {
  SegmentOut segment;
  OptionWriter options(segment);
  options.mss(1460);
  options.window_scale(7);
  options.sack_permitted();
  options.timestamps(0x01020304, 0x05060708);
  EXPECT_EQ(written(segment),
            "020405b4"
            "01030307"
            "01010402"
            "0101080a0102030405060708");
  const SegmentOptions again = read(written(segment));
  EXPECT_EQ(again.mss_bytes, 1460);
  EXPECT_EQ(again.window_scale, 7);
  EXPECT_TRUE(again.sack_permitted);
  EXPECT_EQ(again.timestamp, 0x01020304u);
  EXPECT_EQ(again.echo, 0x05060708u);
}

TEST(OptionWriter, AsManyBlocksAsThereIsRoomFor) {
  std::vector<SequenceRange> blocks;
  for (uint32_t i = 0; i < 6; ++i) blocks.push_back({Sequence(i * 10), Sequence(i * 10 + 5)});
  SegmentOut alone;
  OptionWriter(alone).sack(blocks);
  EXPECT_EQ(alone.options_bytes, 36);
  EXPECT_EQ(read(written(alone)).sack_count, 4);
  SegmentOut stamped;
  OptionWriter with_timestamps(stamped);
  with_timestamps.timestamps(1, 2);
  with_timestamps.sack(blocks);
  EXPECT_EQ(stamped.options_bytes, 40);
  const SegmentOptions three = read(written(stamped));
  ASSERT_EQ(three.sack_count, 3);
  EXPECT_EQ(three.sack[2], blocks[2]);
  SegmentOut none;
  OptionWriter(none).sack({});
  EXPECT_EQ(none.options_bytes, 0);
}

// RFC 9293, 3.10.7.1.
TEST(ResetFor, IsWhereTheSenderExpectsIt) {
  SegmentIn segment;
  segment.sequence = Sequence(100);
  segment.acknowledgment = Sequence(7);
  segment.flags = tcp_flag::ack;
  const auto reset = reset_for(segment);
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(reset->sequence, Sequence(7));
  EXPECT_EQ(reset->flags, tcp_flag::rst);
}

TEST(ResetFor, AcknowledgesWhatHasNoAcknowledgment) {
  SegmentIn segment;
  segment.sequence = Sequence(100);
  segment.flags = tcp_flag::syn | tcp_flag::fin;
  segment.payload = Slice::of_static("abc");
  const auto reset = reset_for(segment);
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(reset->sequence, Sequence(0));
  EXPECT_EQ(reset->acknowledgment, Sequence(105));
  EXPECT_EQ(reset->flags, tcp_flag::rst | tcp_flag::ack);
}

TEST(ResetFor, NothingAnswersAReset) {
  SegmentIn segment;
  segment.flags = tcp_flag::rst | tcp_flag::ack;
  EXPECT_FALSE(reset_for(segment).has_value());
}

}  // namespace
}  // namespace weft
