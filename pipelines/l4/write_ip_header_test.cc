#include "pipelines/l4/write_ip_header.h"

#include <gtest/gtest.h>

#include "pipelines/l4/parse_headers.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

class IpHeader : public testing::TestWithParam<bool> {
 protected:
  IpHeader() {
    auto frame = test::ethernet();
    GetParam() ? frame.ipv4("192.0.2.1", "203.0.113.10") : frame.ipv6("2001:db8::1", "2001:db8::2");
    burst_.packets[0] = pool_.make(frame.ttl(3).tcp(1234, 80, tcp_flag::ack).build());
    burst_.start(1, 0);
    parse_headers(burst_, {});
  }
  void TearDown() override { test::free_packet(burst_.packets[0]); }

  test::PacketPool pool_;
  Burst burst_;
};
INSTANTIATE_TEST_SUITE_P(Families, IpHeader, testing::Bool());

TEST_P(IpHeader, IsWrittenAfresh) {
  std::swap(burst_.headers[0].source, burst_.headers[0].destination);
  write_ip_header(burst_.packets[0], burst_.headers[0]);
  const auto frame = test::decode(test::bytes_of(burst_.packets[0]));
  EXPECT_TRUE(frame.sound()) << frame;
  EXPECT_EQ(frame.ttl, 64);
  EXPECT_EQ(burst_.headers[0].ttl, 64);
  EXPECT_EQ(frame.destination, GetParam() ? "192.0.2.1" : "2001:db8::1");
  EXPECT_EQ(own_ip_header_bytes(GetParam()), GetParam() ? 20u : 40u);
}

TEST_P(IpHeader, FollowsALengthThatChanges) {
  const uint32_t before = burst_.headers[0].ip_bytes;
  const uint32_t frame_bytes = burst_.packets[0].bytes();
  write_ip_bytes(burst_.packets[0], burst_.headers[0], before + 8);
  burst_.packets[0].resize(frame_bytes + 8);
  const auto frame = test::decode(test::bytes_of(burst_.packets[0]));
  EXPECT_EQ(frame.ip_bytes, before + 8);
  EXPECT_EQ(burst_.headers[0].ip_bytes, before + 8);
  for (const std::string& fault : frame.faults) {
    EXPECT_EQ(fault, "TCP checksum is wrong") << "its part is the caller's";
  }
}

}  // namespace
}  // namespace weft
