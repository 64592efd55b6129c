#include "pipelines/l4/add_client_address.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

struct Family {
  const char* client;
  const char* listener;
  const char* endpoint;
  const char* sources;
  std::vector<uint8_t> option;  // of the client with port 0x1234
};

std::vector<Family> families() {
  return {{"192.0.2.1",
           "203.0.113.10",
           "10.0.2.1",
           "10.0.0.240/29",
           {254, 8, 0x12, 0x34, 192, 0, 2, 1}},
          {"2001:db8::1",
           "2001:db8:1::10",
           "fd00::2:1",
           "fd00::f0/125",
           {254, 20, 0x12, 0x34, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
}

SnapshotBuilder configuration(const Family& family) {
  SnapshotBuilder b;
  b.cluster("web", {{family.endpoint, 8080}});
  b.listener(family.listener, 80, Protocol::tcp, Forward::fullnat, "web");
  b.client_address(ClientAddress::toa);
  b.source_addresses(family.sources);
  return b;
}

test::FrameBuilder frame(const std::string& from, const std::string& to) {
  if (from.find(':') == std::string::npos) return ethernet().ipv4(from, to);
  return ethernet().ipv6(from, to);
}

test::FrameBuilder to_listener(const Family& family, uint8_t flags) {
  return frame(family.client, family.listener).tcp(0x1234, 80, flags);
}

TEST(AddClientAddress, IsOnEveryPacketUntilTheEndpointHasAnsweredTheHandshake) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.client);
    Path path(configuration(family));
    const auto syn = path.send(to_listener(family, tcp_flag::syn));
    ASSERT_TRUE(syn.forwarded()) << name(syn.drop);
    EXPECT_TRUE(syn.frame.sound()) << syn.frame;
    EXPECT_EQ(syn.frame.tcp_options, family.option);
    const auto reply = [&](uint8_t flags) {
      return path.send(frame(family.endpoint, syn.frame.source)
                           .tcp(8080, static_cast<uint16_t>(syn.frame.source_port), flags));
    };
    EXPECT_TRUE(reply(tcp_flag::syn | tcp_flag::ack).forwarded());
    for (int i = 0; i < 2; ++i) {  // the second as if the first was lost
      const auto ack = path.send(to_listener(family, tcp_flag::ack).payload("hello"));
      EXPECT_TRUE(ack.frame.sound()) << ack.frame;
      EXPECT_EQ(ack.frame.tcp_options, family.option);
      EXPECT_EQ(ack.frame.payload, test::to_bytes("hello"));
    }
    EXPECT_TRUE(reply(tcp_flag::ack).frame.tcp_options.empty());
    const auto later = path.send(to_listener(family, tcp_flag::ack).payload("again"));
    EXPECT_TRUE(later.frame.sound()) << later.frame;
    EXPECT_TRUE(later.frame.tcp_options.empty());
    EXPECT_EQ(later.frame.payload, test::to_bytes("again"));
  }
}

TEST(AddClientAddress, GoesBehindTheOptionsThatAreThere) {
  for (const Family& family : families()) {
    Path path(configuration(family));
    const std::vector<uint8_t> mss{2, 4, 5, 0xb4};
    const auto out = path.send(to_listener(family, tcp_flag::syn).tcp_options(mss));
    ASSERT_TRUE(out.forwarded());
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    std::vector<uint8_t> both = mss;
    both.insert(both.end(), family.option.begin(), family.option.end());
    EXPECT_EQ(out.frame.tcp_options, both);
  }
}

TEST(AddClientAddress, APacketWithoutRoomForItGoesWithout) {
  for (const Family& family : families()) {
    Path path(configuration(family));
    const std::vector<uint8_t> full(36, 1);
    const auto out = path.send(to_listener(family, tcp_flag::syn).tcp_options(full));
    ASSERT_TRUE(out.forwarded());
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.tcp_options, full);
    const uint32_t headers = std::string(family.client).find(':') == std::string::npos ? 40 : 60;
    const auto large =
        path.send(to_listener(family, tcp_flag::ack).payload_bytes(1500 - headers - 4));
    ASSERT_TRUE(large.forwarded());
    EXPECT_TRUE(large.frame.sound()) << large.frame;
    EXPECT_TRUE(large.frame.tcp_options.empty());
  }
}

TEST(AddClientAddress, WhatTheClientSaysOfItselfIsPadding) {
  for (const Family& family : families()) {
    Path path(configuration(family));
    std::vector<uint8_t> forged{1, 254, 8, 0x99, 0x99, 6, 6, 6, 6, 1, 1, 1};
    const auto out = path.send(to_listener(family, tcp_flag::syn).tcp_options(forged));
    ASSERT_TRUE(out.forwarded());
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    std::vector<uint8_t> expected(forged.size(), 1);
    expected.insert(expected.end(), family.option.begin(), family.option.end());
    EXPECT_EQ(out.frame.tcp_options, expected);
    forged.resize(36, 1);  // no room for the true one
    const auto full = path.send(to_listener(family, tcp_flag::syn).tcp_options(forged));
    ASSERT_TRUE(full.forwarded());
    EXPECT_TRUE(full.frame.sound()) << full.frame;
    EXPECT_EQ(full.frame.tcp_options, std::vector<uint8_t>(36, 1));
  }
}

TEST(AddClientAddress, UdpIsLeftAlone) {
  const Family family = families()[0];
  SnapshotBuilder b;
  b.cluster("dns", {{family.endpoint, 53}});
  b.listener(family.listener, 53, Protocol::udp, Forward::fullnat, "dns");
  b.client_address(ClientAddress::toa);
  b.source_addresses(family.sources);
  Path path(b);
  const auto out = path.send(frame(family.client, family.listener).udp(99, 53).payload("hello"));
  ASSERT_TRUE(out.forwarded());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.payload, test::to_bytes("hello"));
}

}  // namespace
}  // namespace weft
