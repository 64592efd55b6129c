#include "pipelines/l4/follow_fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>

#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::PathOutput;
using test::SnapshotBuilder;

constexpr auto client = "10.9.0.1";
constexpr auto listener = "203.0.113.10";
constexpr auto tunnelled = "203.0.113.11";
constexpr auto endpoint = "10.0.3.1";
constexpr auto client6 = "2001:db8::1";
constexpr auto listener6 = "2001:db8:1::10";
constexpr auto tunnelled6 = "2001:db8:1::11";
constexpr auto endpoint6 = "fd00::3:1";

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("dns", {{endpoint, 5353}});
  b.listener(listener, 53, Protocol::udp, Forward::nat, "dns");
  b.listener(tunnelled, 53, Protocol::udp, Forward::ipip, "dns");
  b.neighbour(client);
  b.cluster("dns6", {{endpoint6, 5353}});
  b.listener(listener6, 53, Protocol::udp, Forward::nat, "dns6");
  b.listener(tunnelled6, 53, Protocol::udp, Forward::gue, "dns6");
  b.listener("203.0.113.12", 53, Protocol::udp, Forward::fullnat, "dns");
  b.source_addresses("10.0.0.240/29");
  return b;
}

FrameBuilder datagram(const char* to = listener, std::size_t bytes = 4000) {
  return ethernet().ipv4(client, to).udp(1234, 53).payload_bytes(bytes).identification(77);
}
FrameBuilder reply() {
  return ethernet().ipv4(endpoint, client).udp(5353, 1234).payload_bytes(4000).identification(78);
}

// The IP payload of a datagram in pieces, put together.
Bytes joined(std::vector<PathOutput> outputs) {
  std::ranges::sort(outputs, {}, [](const auto& out) { return out.frame.fragment_offset_bytes; });
  Bytes l4;
  for (const PathOutput& out : outputs) {
    EXPECT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(l4.size(), out.frame.fragment_offset_bytes);
    l4.insert(l4.end(), out.bytes.begin() + static_cast<long>(out.frame.l4_offset),
              out.bytes.end());
  }
  return l4;
}
Bytes l4_of(const FrameBuilder& whole) {
  const Bytes packet = whole.build_ip();
  const bool v4 = std::to_integer<int>(packet[0]) >> 4 == 4;
  return {packet.begin() + (v4 ? 20 : 40), packet.end()};
}

TEST(FollowFragments, ADatagramGoesThroughNatInPieces) {
  Path path(configuration());
  const auto sent = path.send_burst(datagram().build_pieces(1480));
  ASSERT_EQ(sent.size(), 3u);
  for (const PathOutput& out : sent) EXPECT_EQ(out.frame.destination, endpoint);
  EXPECT_EQ(joined(sent),
            l4_of(ethernet().ipv4(client, endpoint).udp(1234, 5353).payload_bytes(4000)));

  const auto back = path.send_burst(reply().build_pieces(1480));
  for (const PathOutput& out : back) EXPECT_EQ(out.frame.source, listener);
  EXPECT_EQ(joined(back),
            l4_of(ethernet().ipv4(listener, client).udp(53, 1234).payload_bytes(4000)));
  path.advance(seconds(1));
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 1u);
}

TEST(FollowFragments, ADatagramOverIpv6GoesThroughNatInPieces) {
  Path path(configuration());
  const auto whole = ethernet().ipv6(client6, listener6).udp(1234, 53).payload_bytes(4000);
  auto pieces = FrameBuilder(whole).build_pieces(1448);
  ASSERT_EQ(pieces.size(), 3u);
  std::swap(pieces[0], pieces[1]);
  auto sent = path.send_burst(pieces);
  EXPECT_EQ(sent[0].verdict, Verdict::hold);
  sent[0] = path.release().at(0);
  for (const PathOutput& out : sent) EXPECT_EQ(out.frame.destination, endpoint6);
  EXPECT_EQ(joined(sent),
            l4_of(ethernet().ipv6(client6, endpoint6).udp(1234, 5353).payload_bytes(4000)));

  const auto answer = ethernet().ipv6(endpoint6, client6).udp(5353, 1234).payload_bytes(4000);
  const auto back = path.send_burst(FrameBuilder(answer).extension(0).build_pieces(1400));
  for (const PathOutput& out : back) EXPECT_EQ(out.frame.source, listener6);
  EXPECT_EQ(joined(back),
            l4_of(ethernet().ipv6(listener6, client6).udp(53, 1234).payload_bytes(4000)));
}

// Options for the destination are part of what is in pieces: later ones do not say that it is UDP.
TEST(FollowFragments, PiecesOfWhatBeginsWithOptionsFollowAsWell) {
  Path path(configuration());
  const auto piece = [](uint16_t offset_bytes) {
    return ethernet().ipv6(client6, listener6).fragment(offset_bytes, offset_bytes == 0);
  };
  const auto later = piece(1448).extension(60).payload_bytes(100);
  EXPECT_EQ(path.send(later).verdict, Verdict::hold);
  const auto first = piece(0).extension(60).udp(1234, 53).payload_bytes(1432);
  ASSERT_TRUE(path.send(first).forwarded());
  const auto released = path.release();
  ASSERT_EQ(released.size(), 1u);
  EXPECT_TRUE(released[0].forwarded());
  EXPECT_EQ(released[0].frame.destination, endpoint6);
}

TEST(FollowFragments, ADatagramGoesThroughFullnatInPieces) {
  Path path(configuration());
  const auto sent = path.send_burst(datagram("203.0.113.12").build_pieces(1480));
  ASSERT_TRUE(sent[0].forwarded());
  const std::string source = sent[0].frame.source;
  const auto port = static_cast<uint16_t>(sent[0].frame.source_port);
  for (const PathOutput& out : sent) EXPECT_EQ(out.frame.source, source);
  EXPECT_EQ(joined(sent),
            l4_of(ethernet().ipv4(source, endpoint).udp(port, 5353).payload_bytes(4000)));
  const auto answer = ethernet().ipv4(endpoint, source).udp(5353, port).payload_bytes(4000);
  const auto back = path.send_burst(FrameBuilder(answer).build_pieces(1480));
  for (const PathOutput& out : back) EXPECT_EQ(out.frame.destination, client);
  EXPECT_EQ(joined(back),
            l4_of(ethernet().ipv4("203.0.113.12", client).udp(53, 1234).payload_bytes(4000)));
}

TEST(FollowFragments, PiecesOverIpv6AreEncapsulated) {
  Path path(configuration());
  const auto whole = ethernet().ipv6(client6, tunnelled6).udp(1234, 53).payload_bytes(3000);
  std::set<int> outer_ports;
  for (const PathOutput& out : path.send_burst(FrameBuilder(whole).build_pieces(1400))) {
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.destination, endpoint6);
    outer_ports.insert(out.frame.source_port);
  }
  EXPECT_EQ(outer_ports.size(), 1u) << "all pieces take one way";
}

TEST(FollowFragments, PiecesWithoutAChecksumAreNotGivenOne) {
  Path path(configuration());
  const auto sent = path.send_burst(datagram().l4_checksum(0).build_pieces(1480));
  EXPECT_EQ(
      joined(sent),
      l4_of(ethernet().ipv4(client, endpoint).udp(1234, 5353).payload_bytes(4000).l4_checksum(0)));
}

TEST(FollowFragments, PiecesMayComeInAnyOrder) {
  const auto pieces = datagram().build_pieces(1480);
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    Path path(configuration());
    std::vector<PathOutput> outputs;
    bool first_came = false;
    for (const std::size_t i : order) {
      const auto out = path.send(pieces[i]);
      first_came = first_came || i == 0;
      EXPECT_EQ(out.verdict, first_came ? Verdict::transmit : Verdict::hold);
      if (first_came) outputs.push_back(out);
      for (const auto& released : path.release()) outputs.push_back(released);
    }
    ASSERT_EQ(outputs.size(), 3u);
    EXPECT_EQ(joined(outputs),
              l4_of(ethernet().ipv4(client, endpoint).udp(1234, 5353).payload_bytes(4000)));
  } while (std::ranges::next_permutation(order).found);
}

TEST(FollowFragments, PiecesAreEncapsulatedAsTheyAre) {
  Path path(configuration());
  const auto pieces = datagram(tunnelled).build_pieces(1400);
  auto outputs = path.send_burst({pieces[2], pieces[0], pieces[1]});
  EXPECT_EQ(outputs[0].verdict, Verdict::hold);
  outputs[0] = path.release().at(0);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(outputs[i].forwarded());
    EXPECT_EQ(outputs[i].frame.destination, endpoint);
    EXPECT_FALSE(outputs[i].frame.more_fragments);
    const Bytes& piece = pieces[std::array{2, 0, 1}[i]];
    Bytes inner = outputs[i].frame.payload;
    inner[8] = piece[14 + 8];  // TTL and checksum of the header
    std::copy_n(piece.begin() + 14 + 10, 2, inner.begin() + 10);
    EXPECT_EQ(inner, Bytes(piece.begin() + 14, piece.end()));
  }
}

TEST(FollowFragments, PiecesOfOneDatagramThatAreTooBigAreRefusedOnce) {
  Path path(configuration());
  const auto outputs = path.send_burst(datagram(tunnelled).build_pieces(1480));
  EXPECT_EQ(name(outputs[0].drop), "packet_too_big");
  EXPECT_TRUE(outputs[0].transmitted()) << "the sender learns the MTU";
  EXPECT_EQ(outputs[0].frame.icmp_rest, 1480u);
  EXPECT_EQ(name(outputs[1].drop), "packet_too_big");
  EXPECT_FALSE(outputs[1].transmitted());
}

TEST(FollowFragments, ThePieceThatNeverComes) {
  Path path(configuration());
  EXPECT_EQ(path.send(datagram().build_pieces(1480)[1]).verdict, Verdict::hold);
  path.advance(FragmentLimits::wait_max);
  const auto late = path.release();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(name(late[0].drop), name(Drop::fragment_timeout));
}

TEST(FollowFragments, WhenNoPlaceIsLeftToWait) {
  Path path(configuration());
  for (uint32_t id = 0; id < FragmentLimits::pieces_max; ++id) {
    const auto piece = datagram().identification(id).build_pieces(1480)[1];
    ASSERT_EQ(path.send(piece).verdict, Verdict::hold) << id;
  }
  EXPECT_EQ(name(path.send(datagram().identification(999).build_pieces(1480)[1]).drop),
            name(Drop::fragment_table_full));
  EXPECT_TRUE(path.send(datagram().identification(998).build_pieces(1480)[0]).forwarded());
}

TEST(FollowFragments, WhoLiesOverTheFirstPieceIsRefused) {
  Path path(configuration());
  ASSERT_TRUE(path.send(datagram().build_pieces(1480)[0]).forwarded());
  const auto over = datagram().build_pieces(1472)[1];
  EXPECT_EQ(name(path.send(over).drop), "fragment_overlap");
  EXPECT_EQ(name(path.send(datagram().build_pieces(1480)[1]).drop), "fragment_overlap");
  ASSERT_TRUE(path.send(datagram().identification(5).build_pieces(1480)[0]).forwarded());
  EXPECT_EQ(name(path.send(datagram().udp(1234, 80).identification(5).build_pieces(1480)[0]).drop),
            "fragment_overlap");
}

TEST(FollowFragments, WhereTheFirstPieceEndsTheOthersEnd) {
  Path path(configuration());
  const auto nobody = path.send_burst(datagram("198.51.100.1").build_pieces(1480));
  for (const PathOutput& out : nobody) EXPECT_EQ(name(out.drop), "transit");
  const auto closed = path.send_burst(datagram().udp(1234, 54).build_pieces(1480));
  for (const PathOutput& out : closed) EXPECT_EQ(name(out.drop), "no_listener");
  EXPECT_TRUE(closed[0].transmitted());
  EXPECT_FALSE(closed[1].transmitted()) << "an error about a later piece (RFC 1122, 3.2.2)";
}

TEST(FollowFragments, PiecesToTheHostAreTheKernels) {
  Path path(configuration());
  const auto pieces = datagram("10.0.0.254").build_pieces(1480);
  EXPECT_EQ(path.send(pieces[1]).verdict, Verdict::twin);
  EXPECT_EQ(path.send(pieces[0]).verdict, Verdict::twin);
  const auto echo = ethernet().ipv4(client, listener).icmp(8, 0, 1).payload_bytes(4000);
  for (const Bytes& piece : echo.build_pieces(1480)) {
    EXPECT_EQ(path.send(piece).verdict, Verdict::twin) << "an echo to a listener's address";
  }
}

// Two workers, and what they hand each other until everything has gone where it goes.
class TwoWorkers {
 public:
  TwoWorkers() {
    for (uint16_t worker : {0, 1}) {
      paths_[worker] = std::make_unique<Path>(configuration().workers(2),
                                              FlowsMax{1024, 1024, 1024, 1024}, worker);
    }
  }
  // A frame comes in at a worker. Gives what leaves, of the worker that sends it.
  struct Sent {
    uint16_t worker;
    PathOutput out;
  };
  std::vector<Sent> send(uint16_t worker, const Bytes& frame) {
    sent_.clear();
    carry(worker, paths_[worker]->send(frame));
    for (uint16_t w : {0, 1, 0, 1}) {
      for (const PathOutput& out : paths_[w]->release()) carry(w, out);
    }
    return sent_;
  }
  uint32_t hand_offs() const { return hand_offs_; }
  uint32_t held() const { return held_; }

 private:
  void carry(uint16_t worker, const PathOutput& out) {
    if (out.verdict == Verdict::hold) {
      ++held_;
    } else if (out.verdict == Verdict::hand_off) {
      ASSERT_LT(++hand_offs_, 10'000u) << "a packet that goes around";
      carry(out.target, paths_[out.target]->take_over(out));
    } else {
      sent_.push_back({worker, out});
    }
  }

  std::array<std::unique_ptr<Path>, 2> paths_;
  std::vector<Sent> sent_;
  uint32_t hand_offs_ = 0;
  uint32_t held_ = 0;
};

TEST(FollowFragments, AllPiecesAreForwardedByTheFlowsOwner) {
  TwoWorkers workers;
  for (uint32_t n = 0; n < 64; ++n) {
    const auto port = static_cast<uint16_t>(1000 + n);
    const auto whole = datagram().udp(port, 53);
    const auto owner = workers.send(0, FrameBuilder(whole).payload("whole").build()).at(0).worker;
    auto pieces = FrameBuilder(whole).identification(n).build_pieces(1480);
    std::ranges::rotate(pieces, pieces.begin() + n % 3);
    std::vector<PathOutput> outputs;
    for (const Bytes& piece : pieces) {
      for (const auto& sent : workers.send(n / 2 % 2, piece)) {
        EXPECT_EQ(sent.worker, owner);
        outputs.push_back(sent.out);
      }
    }
    ASSERT_EQ(outputs.size(), 3u);
    EXPECT_EQ(joined(outputs),
              l4_of(ethernet().ipv4(client, endpoint).udp(port, 5353).payload_bytes(4000)));
  }
  EXPECT_GT(workers.hand_offs(), 100u);
  EXPECT_GT(workers.held(), 20u);
}

}  // namespace
}  // namespace weft
