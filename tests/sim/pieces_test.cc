#include "tests/sim/pieces.h"

#include <gtest/gtest.h>

#include <vector>

#include "pipelines/l4/fragments.h"
#include "tests/packet_builder.h"

namespace weft::sim {
namespace {

constexpr Instant start{seconds(1)};

// The first piece, and one that holds `rest_bytes`.
std::vector<test::Bytes> datagram(bool v6, std::size_t rest_bytes) {
  constexpr std::size_t piece_bytes = 1400, udp_header_bytes = 8;
  test::FrameBuilder frame;
  v6 ? frame.ipv6("2001:db8::1", "2001:db8::2") : frame.ipv4("192.0.2.1", "192.0.2.2");
  frame.udp(10'000, 53).payload_bytes(piece_bytes - udp_header_bytes + rest_bytes);
  return frame.build_pieces(piece_bytes);
}

class BothFamilies : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(PiecesOf, BothFamilies, testing::Bool());

TEST_P(BothFamilies, WaitInVainWithoutTheFirst) {
  for (const std::size_t bytes : {1u, 13u, 800u}) {
    Pieces pieces;
    pieces.on_receive(datagram(GetParam(), bytes)[1], start);
    EXPECT_EQ(pieces.orphans_max(), 1u) << bytes;
  }
}

TEST_P(BothFamilies, DoNotWaitInVainBesideTheFirst) {
  Pieces pieces;
  pieces.on_receive(datagram(GetParam(), 13)[1], start);
  pieces.on_receive(datagram(GetParam(), 13)[0], start + milliseconds(5));
  EXPECT_EQ(pieces.orphans_max(), 0u);
}

TEST_P(BothFamilies, MayWaitInVainWhereTheFirstIsLongGone) {
  Pieces pieces;
  pieces.on_receive(datagram(GetParam(), 13)[0], start);
  pieces.on_receive(datagram(GetParam(), 13)[1], start + FragmentLimits::wait_max);
  EXPECT_EQ(pieces.orphans_max(), 1u);
}

}  // namespace
}  // namespace weft::sim
