#include "mgmt/capture/captures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/bpf.h>

#include "mgmt/capture/pcapng_blocks.h"

namespace weft::mgmt {
namespace {

using pcapng::Blocks;
using pcapng::BlockType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant begin{seconds(100)};
constexpr pcapng::Nanoseconds wall{std::chrono::seconds(1'700'000'000)};
constexpr auto web = static_cast<ListenerSlot>(5);

// Two workers and their taps; records are put where a worker would put them.
class CapturesTest : public testing::Test {
 protected:
  std::shared_ptr<Capture> start(const CaptureRequest& request = {}) {
    auto started = captures_.start(request, now_, wall);
    EXPECT_TRUE(started);
    return started ? *started : nullptr;
  }
  void record(uint8_t wanted, TapRecord record = {}, std::size_t bytes = 60, uint32_t worker = 0) {
    record.wanted = wanted;
    record.time = now_;
    record.frame_bytes = static_cast<uint32_t>(bytes);
    const std::vector<std::byte> frame(bytes);
    ASSERT_TRUE(taps_[worker].records().push(std::as_bytes(std::span(&record, 1)), frame));
  }
  void poll() {
    captures_.poll(now_, [](ListenerSlot slot) { return slot == web ? "web" : ""; });
  }
  // What the file has grown by: the packets' comments, and how much is said to be lost.
  struct Read {
    std::vector<std::string> comments;
    std::vector<std::size_t> lengths;
    uint32_t sections = 0, interfaces = 0;
    uint64_t lost = 0;
    bool ended = false;
  };
  static Read read(Capture& capture) {
    Read read;
    const auto part = capture.take();
    read.ended = !part.has_value();
    Blocks blocks;
    blocks.add(part.value_or(""));
    for (auto block = blocks.next(); block; block = blocks.next()) add(*block, read);
    return read;
  }
  static void add(const Blocks::Block& block, Read& read) {
    read.sections += block.type == BlockType::section_header;
    read.interfaces += block.type == BlockType::interface_description;
    if (block.type == BlockType::interface_statistics) {
      read.lost += pcapng::statistics_in(block).lost;
    }
    if (block.type != BlockType::enhanced_packet) return;
    uint32_t bytes;
    std::memcpy(&bytes, block.body().data() + 12, sizeof(bytes));
    read.lengths.push_back(bytes);
    const auto options = block.body().substr(20 + ((bytes + 3) & ~3u));
    read.comments.emplace_back(
        pcapng::find_option(options, pcapng::OptionCode::comment).value_or(""));
  }

  Instant now_ = begin;
  std::array<Tap, 2> taps_;
  Captures captures_{{&taps_[0], &taps_[1]}, {{.name = "edge"}, {.name = "mesh"}}, "Weft test"};
};

TEST_F(CapturesTest, CommentsSayWhatBecameOfAPacket) {
  const auto comment = [](TapRecord record) { return comment_of(record, "web"); };
  EXPECT_EQ(comment_of({}, ""), "");
  EXPECT_EQ(comment({}), "listener web");
  EXPECT_EQ(comment({.drop = Drop::no_endpoint}), "listener web; drop no_endpoint");
  EXPECT_EQ(comment_of({.drop = Drop::land}, ""), "drop land");
  EXPECT_EQ(comment({.note = TapNote::answer, .drop = Drop::no_endpoint}),
            "listener web; answer; to drop no_endpoint");
  EXPECT_EQ(comment({.note = TapNote::held}),
            "listener web; waits for the address of its next hop");
  EXPECT_EQ(comment_of({.note = TapNote::to_twin}, ""), "to the kernel");
  EXPECT_EQ(comment_of({.note = TapNote::from_twin}, ""), "from the kernel");
}

TEST_F(CapturesTest, WithoutACaptureTheWorkersRecordNothing) {
  EXPECT_FALSE(taps_[0].on());
  auto capture = start();
  EXPECT_TRUE(taps_[0].on() && taps_[1].on());
  capture.reset();
  poll();
  EXPECT_FALSE(taps_[0].on() || taps_[1].on());
}

TEST_F(CapturesTest, AFileBeginsWithItsInterfacesAndGrowsByPackets) {
  const auto capture = start();
  Read file = read(*capture);
  EXPECT_EQ(file.sections, 1u);
  EXPECT_EQ(file.interfaces, 2u);
  EXPECT_THAT(file.comments, IsEmpty());
  record(1, {.listener = web, .drop = Drop::no_endpoint});
  record(1, {}, 61, 1);
  poll();
  file = read(*capture);
  EXPECT_EQ(file.sections, 0u);
  EXPECT_THAT(file.comments, ElementsAre("listener web; drop no_endpoint", ""));
  EXPECT_THAT(file.lengths, ElementsAre(60u, 61u));
  file = read(*capture);
  EXPECT_FALSE(file.ended);
  EXPECT_THAT(file.comments, IsEmpty());
}

TEST_F(CapturesTest, EachCaptureGetsWhatIsItsOwn) {
  const auto first = start({.snap_bytes = 20});
  const auto second = start();
  record(0b01);
  record(0b11);
  record(0b10);
  poll();
  EXPECT_THAT(read(*first).lengths, ElementsAre(20u, 20u));
  EXPECT_THAT(read(*second).lengths, ElementsAre(60u, 60u));
}

TEST_F(CapturesTest, ItEndsAfterSoManyPacketsOrSoLong) {
  const auto counted = start({.packets_max = 2});
  const auto timed = start({.duration_s = 3});
  for (int i = 0; i < 5; ++i) record(0b11);
  poll();
  EXPECT_EQ(read(*counted).lengths.size(), 2u);
  EXPECT_TRUE(read(*counted).ended);
  EXPECT_EQ(read(*timed).lengths.size(), 5u);
  now_ += seconds(2);
  poll();
  EXPECT_FALSE(read(*timed).ended);
  now_ += seconds(1);
  record(0b10);
  poll();
  EXPECT_EQ(read(*timed).lengths.size(), 1u);
  EXPECT_TRUE(read(*timed).ended);
  EXPECT_FALSE(taps_[0].on());
}

TEST_F(CapturesTest, CapturesAreBoundedAndARoomIsFreeAgainWhenNoRecordIsLeft) {
  std::vector<std::shared_ptr<Capture>> running;
  for (uint32_t i = 0; i < captures_max; ++i) running.push_back(start());
  const auto refused = captures_.start({}, now_, wall);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().retry);
  EXPECT_EQ(refused.error().message, "4 captures run already, and more may not: end one of them");
  running[1].reset();
  record(0b0010);  // by a worker that has not heard of it yet
  poll();
  poll();
  running[1] = start();
  ASSERT_NE(running[1], nullptr);
  poll();
  EXPECT_THAT(read(*running[1]).lengths, IsEmpty());
}

TEST_F(CapturesTest, AClientThatDoesNotReadLosesPacketsAndTheFileSaysSo) {
  const auto slow = start();
  const auto quick = start();
  uint64_t taken = 0;
  constexpr int rounds = 5;
  constexpr int packets = 2000;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < packets; ++i) record(0b11, {}, 1500);
    poll();
    taken += read(*quick).lengths.size();
  }
  now_ += seconds(2);
  poll();
  EXPECT_EQ(taken, uint64_t{rounds * packets});
  const Read file = read(*slow);
  EXPECT_GT(file.lost, 1000u);
  EXPECT_EQ(file.lengths.size() + file.lost, uint64_t{rounds * packets});
  EXPECT_EQ(read(*quick).lost, 0u);
}

TEST_F(CapturesTest, AFilterThatMustNotRunIsRefused) {
  EXPECT_FALSE(captures_.start({.program = {{BPF_LD | BPF_IMM, 0, 0, 1}}}, now_, wall));
  EXPECT_FALSE(taps_[0].on());
}

}  // namespace
}  // namespace weft::mgmt
