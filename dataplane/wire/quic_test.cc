// The invariant part of QUIC headers, and that no byte beyond the datagram is read.
#include "dataplane/wire/quic.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/guard_page.h"
#include "tests/hex.h"

namespace weft {
namespace {

using test::bytes_of_hex;
using test::hex_of;

TEST(QuicView, LongHeaderSaysHowLongItsIdIs) {
  const auto initial = bytes_of_hex("c300000001088394c8f03e5157080000449e00000002");
  const auto view = QuicView::parse(initial);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->is_long());
  EXPECT_EQ(hex_of(view->destination_id()), "8394c8f03e515708");
}

TEST(QuicView, LongHeaderOfAnyVersionMayHaveAnEmptyIdOrOneOf255Bytes) {
  const auto without = bytes_of_hex("80deadbeef0000");
  const auto empty = QuicView::parse(without);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->destination_id().empty());
  auto longest = bytes_of_hex("ff00000000ff");
  longest.resize(6 + 255);
  const auto view = QuicView::parse(longest);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->destination_id().size(), 255u);
}

TEST(QuicView, LongHeaderThatEndsInsideItsIdIsNone) {
  const auto initial = bytes_of_hex("c300000001088394c8f03e515708");
  for (std::size_t bytes = 0; bytes < initial.size(); ++bytes) {
    EXPECT_FALSE(QuicView::parse(std::span(initial).first(bytes))) << bytes;
  }
  EXPECT_TRUE(QuicView::parse(initial));
}

TEST(QuicView, ShortHeaderGivesWhatMayBeItsId) {
  const auto packet = bytes_of_hex("4007c4605e4504cc4f");
  const auto view = QuicView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->is_long());
  EXPECT_EQ(hex_of(view->destination_id()), "07c4605e4504cc4f");
  EXPECT_TRUE(QuicView::parse(bytes_of_hex("40"))->destination_id().empty());
  const std::vector<std::byte> datagram(1200, std::byte{0x41});
  EXPECT_EQ(QuicView::parse(datagram)->destination_id().size(), quic_id_bytes_max);
}

TEST(QuicView, ReadsNoByteBeyondTheDatagram) {
  test::GuardPage page;
  std::mt19937 random(1);
  for (uint32_t round = 0; round < 20'000; ++round) {
    std::vector<std::byte> bytes(random() % 64);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const auto datagram = page.place(bytes);
    const auto view = QuicView::parse(datagram);
    if (!view || view->destination_id().empty()) continue;
    const auto id = view->destination_id();
    ASSERT_GE(id.data(), datagram.data());
    ASSERT_LE(id.data() + id.size(), datagram.data() + datagram.size());
    ASSERT_EQ(hex_of(id).size(), 2 * id.size());  // each byte can be read
  }
}

}  // namespace
}  // namespace weft
