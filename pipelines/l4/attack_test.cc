// Floods against the whole path, in the time of a worker that does a million packets a second:
// established flows at 40 percent of that, the attack at 50.
#include <gtest/gtest.h>

#include <random>

#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr uint32_t established_per_ms = 400;
constexpr uint32_t attack_per_ms = 500;
constexpr uint32_t flows = 1000;
constexpr uint32_t table_flows = 4096;

SnapshotBuilder web(Forward forward) {
  SnapshotBuilder b;
  b.source_addresses("10.0.0.240/29");
  b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}, {"10.0.2.3", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, forward, "web");
  return b.new_flows_per_s_max(50'000);
}

Bytes segment(uint32_t source, uint16_t port, uint8_t flags) {
  const std::string from = IpAddress::v4(be32(source)).to_string();
  return ethernet().ipv4(from, "203.0.113.10").tcp(port, 80, flags).build();
}

class Flood : public testing::TestWithParam<Forward> {
 protected:
  Flood() : path_(web(GetParam()), {table_flows, table_flows, table_flows, table_flows}) {
    for (uint32_t n = 0; n < flows; ++n) {
      frames_.push_back(segment(client(n), 5000, tcp_flag::ack));
      open(n);
      path_.advance(milliseconds(1));
    }
  }

  static uint32_t client(uint32_t n) { return 0x0a090000 + n; }
  void open(uint32_t n) {
    EXPECT_TRUE(path_.send(segment(client(n), 5000, tcp_flag::syn)).forwarded());
    EXPECT_TRUE(path_.send(segment(client(n), 5000, tcp_flag::ack)).forwarded());
  }

  // Established packets that were lost.
  uint32_t attack(uint32_t duration_ms, uint8_t attack_flags) {
    uint32_t lost = 0;
    for (uint32_t ms = 0; ms < duration_ms; ++ms) {
      path_.advance(milliseconds(1));
      uint32_t genuine = 0;  // so many of the millisecond's are done
      for (uint32_t done = 0; done < established_per_ms + attack_per_ms;) {
        std::vector<Bytes> burst;
        std::vector<bool> ours;
        for (; burst.size() < Burst::packets_max && done < established_per_ms + attack_per_ms;
             ++done) {
          ours.push_back(genuine * (established_per_ms + attack_per_ms) <=
                         done * established_per_ms);
          genuine += uint32_t{ours.back()};
          burst.push_back(ours.back() ? frames_[next_++ % flows] : forged(attack_flags));
        }
        const auto outputs = path_.send_burst(burst);
        for (std::size_t i = 0; i < outputs.size(); ++i) lost += ours[i] && !outputs[i].forwarded();
      }
    }
    return lost;
  }

  Bytes forged(uint8_t flags) {
    const auto port = static_cast<uint16_t>(1024 + random_() % 60'000);
    return segment(0x0b000000 | (random_() & 0xffffff), port, flags);
  }

  // A flow without an entry has nowhere to go.
  uint32_t flows_with_an_entry() {
    for (const auto& [_, endpoint] : path_.gateway.endpoints) {
      path_.gateway.set_state(endpoint, EndpointState::draining);
    }
    uint32_t with = 0;
    for (const Bytes& frame : frames_) with += uint32_t{path_.send(frame).forwarded()};
    for (const auto& [_, endpoint] : path_.gateway.endpoints) {
      path_.gateway.set_state(endpoint, EndpointState::healthy);
    }
    return with;
  }

  Path path_;
  std::vector<Bytes> frames_;  // a packet of each established flow
  uint32_t next_ = 0;
  std::mt19937 random_{1};
};

TEST_P(Flood, OfSynsCostsNoEstablishedFlowAPacketOrItsEntry) {
  EXPECT_EQ(attack(60, tcp_flag::syn), 0u);
  EXPECT_TRUE(path_.l4->flows().attack.under_attack());
  EXPECT_EQ(flows_with_an_entry(), flows);
  EXPECT_EQ(path_.counters.attack.attacks.read(), 1u);
  EXPECT_EQ(path_.counters.attack.under_attack.read(), 1u);
}

TEST_P(Flood, OfAcksCostsNoEstablishedFlowAPacketOrItsEntry) {
  EXPECT_EQ(attack(60, tcp_flag::ack), 0u);
  EXPECT_EQ(flows_with_an_entry(), flows);
}

TEST_P(Flood, EndsAndWhatBeginsThenIsRememberedAgain) {
  attack(20, tcp_flag::syn);
  path_.advance(seconds(2));
  EXPECT_FALSE(path_.l4->flows().attack.under_attack());
  path_.advance(seconds(20));  // what the flood left half open is over, too
  frames_ = {segment(client(flows), 5000, tcp_flag::ack)};
  open(flows);
  EXPECT_EQ(path_.counters.attack.under_attack.read(), 0u);
  EXPECT_EQ(flows_with_an_entry(), 1u);
}

INSTANTIATE_TEST_SUITE_P(EveryMode, Flood,
                         testing::Values(Forward::nat, Forward::fullnat, Forward::ipip,
                                         Forward::gue, Forward::gre, Forward::direct));

// What is not remembered is not lost either.
TEST(FloodOfSyns, FlowsWithoutAnEntryGoByTheHash) {
  Path path(web(Forward::ipip), {table_flows, table_flows, table_flows, table_flows});
  std::map<uint32_t, std::string> endpoints;
  for (uint32_t n = 0; n < 8000; ++n) {
    const auto output = path.send(segment(0x0b000000 + n, 5000, tcp_flag::syn));
    ASSERT_TRUE(output.forwarded());
    endpoints[n] = output.frame.destination;
  }
  EXPECT_GT(path.counters.attack.unremembered.read(), 2000u);
  for (const auto& [n, endpoint] : endpoints) {
    const auto output = path.send(segment(0x0b000000 + n, 5000, tcp_flag::ack));
    ASSERT_EQ(output.frame.destination, endpoint) << n;
  }
}

}  // namespace
}  // namespace weft
