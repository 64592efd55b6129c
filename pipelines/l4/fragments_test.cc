#include "pipelines/l4/fragments.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/packet_pool.h"

namespace weft {
namespace {

constexpr DatagramPorts named{be16(1234), be16(53), Protocol::udp};

Headers piece(uint32_t id, Payload payload = Payload::later_fragment) {
  Headers headers{.source = *IpAddress::parse("10.0.0.1"),
                  .destination = *IpAddress::parse("203.0.113.10"),
                  .protocol = Protocol::udp,
                  .payload = payload,
                  .v4 = true,
                  .datagram_id = id};
  if (payload == Payload::first_fragment) {
    headers.source_port = named.source;
    headers.destination_port = named.destination;
  }
  return headers;
}
Headers first_piece(uint32_t id) {
  return piece(id, Payload::first_fragment);
}

constexpr PieceExtent first{0, 1480, true};
constexpr PieceExtent middle{1480, 2960, true};
constexpr PieceExtent last{2960, 3000, false};

class FragmentsTest : public testing::Test {
 protected:
  FragmentsTest()
      : fragments_(std::make_unique<Fragments>(KeyedHash({1, 2, 3, 4}))),
        burst_(std::make_unique<Burst>()) {}
  ~FragmentsTest() override {
    fragments_.reset();
    EXPECT_EQ(pool_.buffers_out(), 0u);
  }

  Drop name_ports(uint32_t id, const PieceExtent& extent = first) {
    return fragments_->name_ports(first_piece(id), extent, now_);
  }
  Fragments::Found find(uint32_t id, const PieceExtent& extent = middle) {
    return fragments_->find_ports(piece(id), extent, now_);
  }
  // False: there is no place.
  bool hold(uint32_t id, const PieceExtent& extent = middle, std::size_t bytes = 60,
            uint16_t interface = 0) {
    EXPECT_FALSE(find(id, extent).ports);
    const Packet packet = pool_.make(test::Bytes(bytes));
    if (fragments_->hold(packet, piece(id), interface, now_)) return true;
    test::free_packet(packet);
    return false;
  }
  // The names of what became of released pieces, "none" of those that go on.
  std::vector<std::string> release() {
    std::vector<std::string> fates;
    const uint32_t count = fragments_->release(*burst_, now_);
    for (uint32_t i = 0; i < count; ++i) {
      const bool live = (burst_->live >> i & 1) != 0;
      EXPECT_EQ(burst_->followed >> i & 1, uint32_t{live});
      if (live) {
        EXPECT_EQ(burst_->ports[i], named);
      }
      fates.emplace_back(name(burst_->dropped_for(i)));
      test::free_packet(burst_->packets[i]);
    }
    return fates;
  }

  test::PacketPool pool_;
  std::unique_ptr<Fragments> fragments_;
  std::unique_ptr<Burst> burst_;
  Instant now_{seconds(1)};
};

using Fates = std::vector<std::string>;

TEST_F(FragmentsTest, LaterPiecesHaveThePortsOfTheFirst) {
  EXPECT_FALSE(find(7).ports);
  EXPECT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(find(7).ports, named);
  EXPECT_EQ(find(7, last).ports, named);
  EXPECT_FALSE(find(8).ports);
}

TEST_F(FragmentsTest, WhatMakesADatagramAnother) {
  ASSERT_EQ(name_ports(7), Drop::none);
  const auto known = [this](const Headers& headers) {
    return fragments_->find_ports(headers, middle, now_).ports.has_value();
  };
  Headers other = piece(7);
  EXPECT_TRUE(known(other));
  other.protocol = Protocol::tcp;
  EXPECT_FALSE(known(other));
  other = piece(7);
  other.source = *IpAddress::parse("10.0.0.2");
  EXPECT_FALSE(known(other));
  other = piece(7);
  other.destination = *IpAddress::parse("203.0.113.11");
  EXPECT_FALSE(known(other));
}

TEST_F(FragmentsTest, PiecesOfIpv6MayAnnounceAnotherNextHeader) {
  Headers six = first_piece(7);
  six.v4 = false;
  ASSERT_EQ(fragments_->name_ports(six, first, now_), Drop::none);
  Headers later = piece(7);
  later.v4 = false;
  later.protocol = Protocol{60};
  EXPECT_EQ(fragments_->find_ports(later, middle, now_).ports, named);
}

TEST_F(FragmentsTest, WhatCameBeforeTheFirstWaitsForIt) {
  ASSERT_TRUE(hold(7, last));
  ASSERT_TRUE(hold(8));
  ASSERT_TRUE(hold(7, middle));
  EXPECT_EQ(release(), Fates{});
  EXPECT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(release(), Fates({"none", "none"}));
  EXPECT_EQ(release(), Fates{});
  EXPECT_EQ(fragments_->held(), 1u);
}

TEST_F(FragmentsTest, PiecesOfOneInterfaceGoTogether) {
  ASSERT_TRUE(hold(7, middle, 60, 3));
  ASSERT_TRUE(hold(7, last, 60, 5));
  ASSERT_TRUE(hold(7, middle, 60, 3));
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(release(), Fates({"none", "none"}));
  EXPECT_EQ(burst_->interface, 3);
  EXPECT_EQ(release(), Fates({"none"}));
  EXPECT_EQ(burst_->interface, 5);
}

TEST_F(FragmentsTest, ABurstHasNoMoreThanItsSize) {
  for (uint32_t i = 0; i < Burst::packets_max + 3; ++i) ASSERT_TRUE(hold(7));
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(release().size(), Burst::packets_max);
  EXPECT_EQ(release().size(), 3u);
}

TEST_F(FragmentsTest, WhoWaitsTooLongIsDroppedByName) {
  ASSERT_TRUE(hold(7));
  now_ += FragmentLimits::wait_max / 2;
  ASSERT_TRUE(hold(7));
  ASSERT_TRUE(hold(8));
  now_ += FragmentLimits::wait_max / 2 - Duration(1);
  EXPECT_EQ(release(), Fates{});
  now_ += Duration(1);
  EXPECT_EQ(release(), Fates({"fragment_timeout", "fragment_timeout"}));
  EXPECT_EQ(release(), Fates{});
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(release(), Fates{}) << "the pieces are gone";
  now_ += FragmentLimits::wait_max / 2;
  EXPECT_EQ(release(), Fates({"fragment_timeout"}));
}

TEST_F(FragmentsTest, PortsAreForgotten) {
  ASSERT_EQ(name_ports(7), Drop::none);
  now_ += FragmentLimits::wait_max;
  EXPECT_FALSE(find(7).ports);
}

TEST_F(FragmentsTest, PlacesToWaitAreBoundedInNumberAndBytes) {
  for (uint32_t i = 0; i < FragmentLimits::pieces_max; ++i) ASSERT_TRUE(hold(i % 100)) << i;
  EXPECT_FALSE(hold(7));
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(release(), Fates({"none", "none", "none"}));
  EXPECT_TRUE(hold(8));

  fragments_ = std::make_unique<Fragments>(KeyedHash({1, 2, 3, 4}));
  constexpr uint32_t bytes = 2048;
  static_assert(FragmentLimits::bytes_max / bytes < FragmentLimits::pieces_max + 1);
  const uint32_t places = FragmentLimits::bytes_max / (bytes + 1);
  for (uint32_t i = 0; i < places; ++i) ASSERT_TRUE(hold(7, middle, bytes + 1)) << i;
  EXPECT_FALSE(hold(7, middle, bytes + 1));
}

// A flood of first pieces: what completes in a moment still does.
TEST_F(FragmentsTest, TheOldestGivesWay) {
  ASSERT_TRUE(hold(7));
  for (uint32_t id = 100; id < 100 + 8 * FragmentLimits::datagrams_max; ++id) {
    now_ += Duration(1000);
    ASSERT_EQ(name_ports(id), Drop::none);
    ASSERT_EQ(find(id).ports, named);
  }
  EXPECT_EQ(release(), Fates({"fragment_table_full"}));
}

TEST_F(FragmentsTest, CompleteDatagramsGiveWayBeforeOthers) {
  ASSERT_EQ(name_ports(7), Drop::none);  // the oldest, but not complete
  for (uint32_t id = 100; id < 100 + 8 * FragmentLimits::datagrams_max; ++id) {
    ASSERT_EQ(name_ports(id), Drop::none);
    ASSERT_EQ(find(id, middle).ports, named);
    ASSERT_EQ(find(id, last).ports, named);
  }
  EXPECT_EQ(find(7).ports, named);
}

TEST_F(FragmentsTest, ASecondFirstPieceThatSaysOtherwiseEndsTheDatagram) {
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(name_ports(7), Drop::none) << "a copy is no attack";
  Headers other = first_piece(7);
  other.destination_port = be16(80);
  EXPECT_EQ(fragments_->name_ports(other, first, now_), Drop::fragment_overlap);
  EXPECT_EQ(name_ports(7), Drop::fragment_overlap);
  EXPECT_EQ(find(7).drop, Drop::fragment_overlap);
  ASSERT_EQ(name_ports(8), Drop::none);
  EXPECT_EQ(name_ports(8, {0, 720, true}), Drop::fragment_overlap);
}

TEST_F(FragmentsTest, ALaterPieceOverTheFirstEndsTheDatagram) {
  ASSERT_EQ(name_ports(7), Drop::none);
  EXPECT_EQ(find(7, {1472, 2960, true}).drop, Drop::fragment_overlap);
  EXPECT_EQ(find(7, last).drop, Drop::fragment_overlap);

  ASSERT_TRUE(hold(8, {1472, 2960, true}));
  ASSERT_TRUE(hold(8, last));
  EXPECT_EQ(name_ports(8), Drop::fragment_overlap);
  EXPECT_EQ(release(), Fates({"fragment_overlap", "fragment_overlap"}));
}

TEST_F(FragmentsTest, ANumberIsUsedAgain) {
  ASSERT_EQ(name_ports(7), Drop::none);
  ASSERT_TRUE(find(7, middle).ports);
  ASSERT_TRUE(find(7, last).ports);
  Headers next = first_piece(7);
  next.source_port = be16(999);
  EXPECT_EQ(fragments_->name_ports(next, first, now_), Drop::none);
  EXPECT_EQ(find(7).ports, (DatagramPorts{be16(999), be16(53), Protocol::udp}));
}

}  // namespace
}  // namespace weft
