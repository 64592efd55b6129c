#include "dataplane/worker/packet_filter.h"

#include <gtest/gtest.h>
#include <pcap/bpf.h>

#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::ethernet;

// "ip", as pcap_compile makes it.
const std::vector<FilterInstruction> only_ipv4 = {
    {BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x0800},
    {BPF_RET | BPF_K, 0, 0, 65535},
    {BPF_RET | BPF_K, 0, 0, 0},
};

bool matches(const PacketFilter& filter, const test::FrameBuilder& frame) {
  test::PacketPool pool;
  const Packet packet = pool.make(frame.build());
  const bool matched = filter.matches(packet);
  test::free_packet(packet);
  return matched;
}

TEST(PacketFilter, AProgramDecides) {
  const auto filter = PacketFilter::of(only_ipv4);
  ASSERT_TRUE(filter);
  EXPECT_TRUE(matches(*filter, ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2)));
  EXPECT_FALSE(matches(*filter, ethernet().ipv6("fd00::1", "fd00::2").udp(1, 2)));
}

TEST(PacketFilter, WithoutAProgramEveryPacketMatches) {
  EXPECT_TRUE(matches({}, ethernet().ether_type(0x0806)));
  EXPECT_TRUE(matches(*PacketFilter::of({}), ethernet().ether_type(0x0806)));
}

TEST(PacketFilter, BeyondTheFrameNothingMatches) {
  const auto filter = PacketFilter::of(
      {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 1'000'000}, {BPF_RET | BPF_K, 0, 0, 65535}});
  ASSERT_TRUE(filter);
  EXPECT_FALSE(matches(*filter, ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2)));
}

TEST(PacketFilter, WhatMustNotRunIsRefused) {
  // A jump beyond the end, a division by zero, no end.
  EXPECT_FALSE(PacketFilter::of({{BPF_JMP | BPF_JEQ | BPF_K, 200, 0, 1}, {BPF_RET, 0, 0, 0}}));
  EXPECT_FALSE(PacketFilter::of({{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET, 0, 0, 0}}));
  EXPECT_FALSE(PacketFilter::of({{BPF_LD | BPF_IMM, 0, 0, 1}}));
  const std::vector<FilterInstruction> endless(2000, {BPF_RET | BPF_K, 0, 0, 0});
  const auto refused = PacketFilter::of(endless);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the filter has 2000 instructions, more than 1024: make it simpler");
}

}  // namespace
}  // namespace weft
