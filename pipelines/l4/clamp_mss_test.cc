#include "pipelines/l4/clamp_mss.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

constexpr uint8_t syn_ack = tcp_flag::syn | tcp_flag::ack;

SnapshotBuilder configuration(Forward forward, uint16_t mss_clamp_bytes) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}}).cluster("web6", {{"fd00::2:1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, forward, "web").mss_clamp(mss_clamp_bytes);
  b.listener("2001:db8:1::10", 80, Protocol::tcp, forward, "web6").mss_clamp(mss_clamp_bytes);
  b.neighbour("10.9.0.1");
  return b;
}
FrameBuilder segment(uint8_t flags, std::vector<uint8_t> options) {
  return ethernet()
      .ipv4("10.9.0.1", "203.0.113.10")
      .tcp(1234, 80, flags)
      .tcp_options(std::move(options));
}
FrameBuilder segment6(uint8_t flags, std::vector<uint8_t> options) {
  return ethernet()
      .ipv6("2001:db8::1", "2001:db8:1::10")
      .tcp(1234, 80, flags)
      .tcp_options(std::move(options));
}
// The options of the frame as it leaves.
std::vector<uint8_t> options_of(Path& path, const FrameBuilder& frame) {
  const auto out = path.send(frame);
  EXPECT_TRUE(out.forwarded()) << name(out.drop);
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  return out.frame.tcp_options;
}
using Options = std::vector<uint8_t>;
constexpr uint8_t high(uint32_t value) {
  return static_cast<uint8_t>(value >> 8);
}
constexpr uint8_t low(uint32_t value) {
  return static_cast<uint8_t>(value);
}
Options mss(uint32_t bytes) {
  return {2, 4, high(bytes), low(bytes)};
}

TEST(ClampMss, LowersWhatSynsAnnounce) {
  Path path(configuration(Forward::nat, 1200));
  EXPECT_EQ(options_of(path, segment(tcp_flag::syn, mss(1460))), mss(1200));
  EXPECT_EQ(options_of(path, segment6(tcp_flag::syn, mss(1440))), mss(1200));
  const auto answer =
      ethernet().ipv4("10.0.2.1", "10.9.0.1").tcp(8080, 1234, syn_ack).tcp_options(mss(8960));
  EXPECT_EQ(options_of(path, answer), mss(1200));
}

TEST(ClampMss, WhereverTheOptionLies) {
  Path path(configuration(Forward::nat, 1200));
  const Options odd{1, 2, 4, high(1460), low(1460), 1, 3, 3, 7, 1, 1, 0};
  Options expected = odd;
  expected[3] = high(1200);
  expected[4] = low(1200);
  EXPECT_EQ(options_of(path, segment(tcp_flag::syn, odd)), expected);
  const Options last{1, 1, 3, 3, 7, 4, 2, 1, 2, 4, high(1460), low(1460)};
  expected = last;
  expected[10] = high(1200);
  expected[11] = low(1200);
  EXPECT_EQ(options_of(path, segment(tcp_flag::syn, last)), expected);
}

TEST(ClampMss, WhatStaysAsItIs) {
  Path path(configuration(Forward::nat, 1200));
  const struct {
    const char* what;
    FrameBuilder frame;
  } cases[] = {
      {"a smaller MSS", segment(tcp_flag::syn, mss(1200))},
      {"no options", segment(tcp_flag::syn, {})},
      {"no MSS", segment(tcp_flag::syn, {3, 3, 7, 0})},
      {"an MSS behind the end", segment(tcp_flag::syn, {0, 2, 4, high(1460), low(1460), 0, 0, 0})},
      {"an MSS of another length", segment(tcp_flag::syn, {2, 3, 5, 0})},
      {"an option beyond the header", segment(tcp_flag::syn, {2, 5, 5, 180})},
      {"an option without its length", segment(tcp_flag::syn, {1, 1, 1, 2})},
      {"an option of length 0", segment(tcp_flag::syn, {8, 0, 2, 4, 5, 180, 0, 0})},
      {"no SYN", segment(tcp_flag::ack, mss(1460))},
  };
  for (const auto& c : cases) {
    const auto before = test::decode(c.frame.build()).tcp_options;
    EXPECT_EQ(options_of(path, c.frame), before) << c.what;
  }
  Path without(configuration(Forward::nat, 0));
  EXPECT_EQ(options_of(without, segment(tcp_flag::syn, mss(1460))), mss(1460));
}

TEST(ClampMss, ByThePathMtu) {
  const struct {
    Forward forward;
    uint32_t v4_bytes, v6_bytes;
  } cases[] = {
      {Forward::nat, 1460, 1440}, {Forward::direct, 1460, 1440}, {Forward::ipip, 1440, 1400},
      {Forward::gre, 1436, 1396}, {Forward::gue, 1432, 1392},
  };
  for (const auto& c : cases) {
    Path path(configuration(c.forward, mss_clamp_auto));
    const auto inner_options = [&](const FrameBuilder& frame) {
      const auto out = path.send(frame);
      EXPECT_TRUE(out.forwarded()) << name(out.drop);
      return Options{static_cast<uint8_t>(out.bytes[out.bytes.size() - 2]),
                     static_cast<uint8_t>(out.bytes[out.bytes.size() - 1])};
    };
    EXPECT_EQ(inner_options(segment(tcp_flag::syn, mss(9000))),
              Options({high(c.v4_bytes), low(c.v4_bytes)}));
    EXPECT_EQ(inner_options(segment6(tcp_flag::syn, mss(9000))),
              Options({high(c.v6_bytes), low(c.v6_bytes)}));
  }
}

// What it left to the sweep goes on as it is.
TEST(ClampMss, NothingOfAListenerThatIsGone) {
  Path path(configuration(Forward::nat, 1200));
  options_of(path, segment6(tcp_flag::syn, mss(1440)));
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}}).cluster("web6", {{"fd00::2:1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web").mss_clamp(1200);
  path.reconfigure(b);
  const auto answer =
      ethernet().ipv6("fd00::2:1", "2001:db8::1").tcp(8080, 1234, syn_ack).tcp_options(mss(1440));
  EXPECT_EQ(options_of(path, answer), mss(1440));
}

}  // namespace
}  // namespace weft
