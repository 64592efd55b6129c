#include "dataplane/table/flow_table.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "dataplane/table/nat_flows.h"
#include "dataplane/table/nat_flows6.h"
#include "dataplane/table/tunnel_flows.h"
#include "dataplane/table/tunnel_flows6.h"

namespace weft {
namespace {

constexpr FlowTimeouts timeouts{.half_open = seconds(5),
                                .established = seconds(300),
                                .closing = seconds(10),
                                .udp = seconds(30)};
const KeyedHash test_hash({11, 22, 33, 44});

TunnelKey4 tunnel_key(uint32_t n, bool udp = false) {
  return {be32(0x0a000000 + n), be32(0xcb007101), 0x5000 + (n << 16), udp};
}

struct TestOwner {
  const FlowClock& clock() const { return clock_; }
  template <class Bucket>
  bool gone(const Bucket& bucket, uint32_t i) const {
    return bucket.meta(i).endpoint() == gone_endpoint;
  }
  template <class Bucket>
  void removed(const Bucket& bucket, uint32_t i) {
    removed_.push_back(bucket.meta(i));
  }

  FlowClock& clock_;
  std::vector<FlowMeta>& removed_;
  EndpointSlot gone_endpoint = none<EndpointSlot>;
};

struct Fixture {
  explicit Fixture(uint32_t flows_max) : table(flows_max, test_hash), clock(timeouts, Instant{}) {}

  bool insert(const TunnelKey4& key, FlowState state, uint32_t endpoint = 7) {
    const FlowMeta meta(EndpointSlot{endpoint}, state, clock.tick(state));
    return bool(table.insert(table.place(key), key, meta, owner));
  }
  bool has(const TunnelKey4& key) { return bool(table.find(table.place(key), key)); }

  TunnelFlows4 table;
  FlowClock clock;
  std::vector<FlowMeta> removed;
  TestOwner owner{clock, removed};
};

TEST(FlowMeta, KeepsWhatItIsGiven) {
  const FlowMeta meta(EndpointSlot{endpoints_max - 1}, FlowState::closing, 511);
  EXPECT_EQ(meta.endpoint(), EndpointSlot{endpoints_max - 1});
  EXPECT_EQ(meta.state(), FlowState::closing);
  EXPECT_EQ(meta.tick(), 511u);
  EXPECT_TRUE(FlowMeta().free());
}

TEST(FlowTable, FindsWhatWasInserted) {
  Fixture f(1024);
  for (uint32_t n = 0; n < 700; ++n) {
    EXPECT_FALSE(f.has(tunnel_key(n)));
    ASSERT_TRUE(f.insert(tunnel_key(n), FlowState::established, n));
  }
  for (uint32_t n = 0; n < 700; ++n) {
    const auto flow = f.table.find(f.table.place(tunnel_key(n)), tunnel_key(n));
    ASSERT_TRUE(flow);
    EXPECT_EQ(flow.meta().endpoint(), EndpointSlot{n});
  }
  EXPECT_EQ(f.table.counts().entries, 700u);
  EXPECT_TRUE(f.removed.empty());
}

TEST(FlowTable, TcpAndUdpOfOneTupleAreTwoFlows) {
  Fixture f(64);
  f.insert(tunnel_key(1, false), FlowState::established, 1);
  EXPECT_FALSE(f.has(tunnel_key(1, true)));
  f.insert(tunnel_key(1, true), FlowState::udp, 2);
  EXPECT_EQ(f.table.find(f.table.place(tunnel_key(1)), tunnel_key(1)).meta().endpoint(),
            EndpointSlot{1});
}

TEST(FlowTable, RefusesNextToNothingAtNineTenths) {
  Fixture f(1 << 16);
  const uint32_t flows = (1u << 16) * 9 / 10;
  uint32_t refused = 0;
  for (uint32_t n = 0; n < flows; ++n) {
    if (!f.insert(tunnel_key(n), FlowState::established)) ++refused;
  }
  EXPECT_LT(refused, flows / 1000);
  EXPECT_TRUE(f.removed.empty());
  uint32_t found = 0;
  for (uint32_t n = 0; n < flows; ++n) found += f.has(tunnel_key(n));
  EXPECT_EQ(found, flows - refused);
}

TEST(FlowTable, EvictsHalfOpenThenClosingThenTheOldestUdp) {
  Fixture f(4);  // one bucket: both places are the same
  f.insert(tunnel_key(1), FlowState::established, 1);
  f.insert(tunnel_key(2, true), FlowState::udp, 2);
  f.clock.advance(timeouts, Instant{} + seconds(2));
  f.insert(tunnel_key(3, true), FlowState::udp, 3);
  f.insert(tunnel_key(4), FlowState::closing, 4);
  EXPECT_TRUE(f.insert(tunnel_key(5), FlowState::half_open, 5));
  EXPECT_EQ(f.removed.back().endpoint(), EndpointSlot{4});  // closing; no half-open yet
  EXPECT_TRUE(f.insert(tunnel_key(6), FlowState::established, 6));
  EXPECT_EQ(f.removed.back().endpoint(), EndpointSlot{5});  // half-open
  EXPECT_TRUE(f.insert(tunnel_key(7), FlowState::established, 7));
  EXPECT_EQ(f.removed.back().endpoint(), EndpointSlot{2});  // the older UDP
  EXPECT_TRUE(f.insert(tunnel_key(8), FlowState::established, 8));
  EXPECT_EQ(f.removed.back().endpoint(), EndpointSlot{3});
  EXPECT_FALSE(f.insert(tunnel_key(9), FlowState::established, 9));
  EXPECT_EQ(f.table.counts().refused, 1u);
  EXPECT_EQ(f.table.counts().evicted, 4u);
  EXPECT_TRUE(f.has(tunnel_key(1)));
}

// Flows that were evicted when so many of the state had come, of a table of 1 << 16.
uint64_t evicted_of(FlowState state, uint32_t flows) {
  Fixture f(1 << 16);
  for (uint32_t n = 0; n < flows; ++n) f.insert(tunnel_key(n), state);
  return f.table.counts().evicted;
}

TEST(FlowTable, EvictsNextToNothingWhileFlowsCanMove) {
  EXPECT_LT(evicted_of(FlowState::half_open, (1u << 16) / 8 * 7), 10u);
  EXPECT_LT(evicted_of(FlowState::udp, (1u << 16) / 10 * 9), 65u);
}

TEST(FlowTable, AFloodFindsRoomAndTakesNoEstablishedFlowsPlace) {
  constexpr uint32_t established = 1 << 15;
  constexpr uint32_t flood = 1 << 18;
  Fixture f(1 << 16);
  for (uint32_t n = 0; n < established; ++n) f.insert(tunnel_key(n), FlowState::established);
  uint32_t refused = 0;
  for (uint32_t n = established; n < flood; ++n) {
    refused += f.insert(tunnel_key(n), FlowState::half_open) ? 0 : 1;
  }
  EXPECT_LT(refused, flood / 1000);
  for (uint32_t n = 0; n < established; ++n) ASSERT_TRUE(f.has(tunnel_key(n))) << n;
}

TEST(RoomSearch, IsRareWhereItFindsNothingAndBackAtOnce) {
  RoomSearch search;
  uint32_t searched = 0;
  for (uint32_t n = 0; n < 1000; ++n) {
    if (!search.worthwhile()) continue;
    ++searched;
    search.found(false);
  }
  EXPECT_LT(searched, 30u);
  while (!search.worthwhile()) {
  }
  search.found(true);
  EXPECT_TRUE(search.worthwhile());
  search.found(false);
  EXPECT_TRUE(search.worthwhile());  // once is chance
}

TEST(FlowTable, AnExpiredFlowGivesWayWithoutBeingEvicted) {
  Fixture f(4);
  for (uint32_t n = 0; n < 4; ++n) f.insert(tunnel_key(n), FlowState::established, n);
  f.clock.advance(timeouts, Instant{} + seconds(310));
  EXPECT_TRUE(f.insert(tunnel_key(9), FlowState::half_open));
  EXPECT_EQ(f.table.counts().expired, 1u);
  EXPECT_EQ(f.table.counts().evicted, 0u);
}

TEST(FlowTable, ASweepOfAllBucketsRemovesExactlyTheExpired) {
  Fixture f(1024);
  for (uint32_t n = 0; n < 200; ++n) f.insert(tunnel_key(n), FlowState::half_open);
  f.clock.advance(timeouts, Instant{} + seconds(3));
  for (uint32_t n = 200; n < 400; ++n) f.insert(tunnel_key(n), FlowState::half_open);
  f.clock.advance(timeouts, Instant{} + seconds(6));
  f.table.sweep(f.table.buckets(), f.owner);
  EXPECT_EQ(f.removed.size(), 200u);
  EXPECT_EQ(f.table.counts().entries, 200u);
  EXPECT_FALSE(f.has(tunnel_key(0)));
  EXPECT_TRUE(f.has(tunnel_key(399)));
}

TEST(FlowTable, ASweepRemovesTheFlowsOfAnEndpointThatIsGone) {
  Fixture f(1024);
  for (uint32_t n = 0; n < 300; ++n) f.insert(tunnel_key(n), FlowState::established, n % 3);
  f.owner.gone_endpoint = EndpointSlot{1};
  f.table.sweep(f.table.buckets(), f.owner);
  EXPECT_EQ(f.removed.size(), 100u);
  for (uint32_t n = 0; n < 300; ++n) EXPECT_EQ(f.has(tunnel_key(n)), n % 3 != 1);
}

TEST(NatFlows, RefusesNoneAtThreeQuarters) {
  NatFlows4 table(1 << 18, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const auto key = [](uint32_t n) {
    return NatKey4{{be32(0x0a000000 + n), be16(40000)}, {be32(0xcb007101), be16(80)}, false};
  };
  const uint32_t flows = (1u << 18) / 4 * 3;
  for (uint32_t n = 0; n < flows; ++n) {
    const FlowMeta meta(EndpointSlot{1}, FlowState::established, 0);
    ASSERT_TRUE(table.insert(table.place(key(n)), key(n), meta, TestOwner{clock, removed})) << n;
  }
  EXPECT_TRUE(removed.empty());
  for (uint32_t n = 0; n < flows; ++n) ASSERT_TRUE(table.find(table.place(key(n)), key(n))) << n;
}

void expect_exact_counts_of_flows_away(const NatFlows4& table) {
  std::vector<uint32_t> away(table.buckets());
  uint32_t flows = 0;
  for (uint32_t at = 0; at < table.buckets(); ++at) {
    const NatBucket4& bucket = table.bucket(at);
    for (uint32_t i = 0; i < NatBucket4::flows; ++i) {
      if (bucket.meta(i).free()) continue;
      const uint32_t first = table.place(bucket.key(i)).first;
      if (first != at) ++away[first];
      ++flows;
    }
  }
  ASSERT_EQ(flows, table.counts().entries);
  for (uint32_t at = 0; at < table.buckets(); ++at) {
    ASSERT_EQ(table.bucket(at).away(), away[at]) << "bucket " << at;
  }
}

// Through moves, evictions and ends, at every degree of fullness.
TEST(NatFlows, EachBucketCountsTheFlowsThatAreAway) {
  NatFlows4 table(256, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  std::mt19937 random(5);
  const auto key = [](uint32_t n) {
    return NatKey4{{be32(0x0a000000 + n), be16(40000)}, {be32(0xcb007101), be16(80)}, false};
  };
  constexpr std::array states = {FlowState::established, FlowState::half_open, FlowState::closing};
  Instant now{};
  for (uint32_t round = 0; round < 200; ++round) {
    const uint32_t inserts_of_8 = round / 25 % 8;
    for (uint32_t step = 0; step < 100; ++step) {
      const NatKey4 one = key(random() % 600);
      const auto flow = table.find(table.place(one), one);
      if (random() % 8 <= inserts_of_8 && !flow) {
        const FlowState state = states[random() % states.size()];
        const FlowMeta meta(EndpointSlot{1}, state, clock.tick(state));
        table.insert(table.place(one), one, meta, TestOwner{clock, removed});
      } else if (flow) {
        table.remove(flow, TestOwner{clock, removed});
      }
    }
    now += milliseconds(random() % 3000);
    clock.advance(timeouts, now);
    table.sweep(random() % table.buckets(), TestOwner{clock, removed});
    expect_exact_counts_of_flows_away(table);
  }
  EXPECT_GT(table.counts().evicted, 100u);
  EXPECT_GT(table.counts().expired, 100u);
}

TEST(NatFlows, BothDirectionsMeetInOneEntry) {
  NatFlows4 table(64, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const Socket4 client{be32(0x0a000001), be16(40000)};
  const Socket4 listener{be32(0xcb007101), be16(80)};
  const Socket4 endpoint{be32(0x0a000201), be16(8080)};
  const NatKey4 there{client, listener, false, NatSide::client};
  const NatKey4 back{client, endpoint, false, NatSide::endpoint};
  const auto flow =
      table.insert(table.place(there), there, FlowMeta(EndpointSlot{1}, FlowState::established, 0),
                   TestOwner{clock, removed});
  ASSERT_TRUE(flow);
  flow.bucket->flow(flow.at).set_endpoint(endpoint);
  EXPECT_EQ(table.find(table.place(back), back).bucket, flow.bucket);
  const NatKey4 other_port{client, {endpoint.address, be16(8081)}, false, NatSide::endpoint};
  EXPECT_FALSE(table.find(table.place(other_port), other_port));
  const NatKey4 forward_to_endpoint{client, endpoint, false, NatSide::client};
  EXPECT_FALSE(table.find(table.place(forward_to_endpoint), forward_to_endpoint));
}

IpAddress address6(uint32_t n) {
  std::array<std::byte, 16> bytes{std::byte{0xfd}};
  store(&bytes[12], be32(n));
  return IpAddress::v6(bytes.data());
}

// Three quarters of the table, each found again and none refused, for keys `key_of(n)`.
template <class Table, class KeyOf>
void expect_room_for_three_quarters(KeyOf key_of) {
  Table table(1 << 16, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const uint32_t flows = table.flows_max() / 4 * 3;
  for (uint32_t n = 0; n < flows; ++n) {
    const FlowMeta meta(EndpointSlot{n}, FlowState::established, 0);
    ASSERT_TRUE(table.insert(table.place(key_of(n)), key_of(n), meta, TestOwner{clock, removed}));
  }
  EXPECT_TRUE(removed.empty());
  for (uint32_t n = 0; n < flows; ++n) {
    const auto flow = table.find(table.place(key_of(n)), key_of(n));
    ASSERT_TRUE(flow) << n;
    EXPECT_EQ(flow.meta().endpoint(), EndpointSlot{n});
  }
}

TEST(TunnelFlows6, RefusesNoneAtThreeQuarters) {
  EXPECT_GE((TunnelFlows6(1 << 16, test_hash).flows_max()), 1u << 16);
  expect_room_for_three_quarters<TunnelFlows6>([](uint32_t n) {
    return TunnelKey6{address6(n), address6(1), 0x5000, false};
  });
}

TEST(TunnelFlows6, EveryPartOfTheKeyCounts) {
  TunnelFlows6 table(64, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const TunnelKey6 key{address6(1), address6(2), 3, false};
  table.insert(table.place(key), key, FlowMeta(EndpointSlot{1}, FlowState::established, 0),
               TestOwner{clock, removed});
  const auto has = [&](const TunnelKey6& other) {
    // Whether the bucket would take it for the same: the hash is not what tells them apart.
    return bool(table.find(table.place(key), other));
  };
  EXPECT_TRUE(has(key));
  EXPECT_FALSE(has({address6(9), address6(2), 3, false}));
  EXPECT_FALSE(has({address6(1), address6(9), 3, false}));
  EXPECT_FALSE(has({address6(1), address6(2), 9, false}));
  EXPECT_FALSE(has({address6(1), address6(2), 3, true}));
}

TEST(NatFlows6, RefusesNoneAtThreeQuarters) {
  expect_room_for_three_quarters<NatFlows6>([](uint32_t n) {
    return NatKey6{{address6(n), be16(40000)}, {address6(1), be16(80)}, false};
  });
}

// A flow of four sockets in both layouts: its keys find its entries, and nobody else's.
template <class Table>
void expect_both_entries_of_a_fullnat_flow(const IpAddress& client, const IpAddress& listener,
                                           const IpAddress& endpoint, const IpAddress& source) {
  using Bucket = typename std::remove_reference_t<decltype(*typename Table::Flow{}.bucket)>;
  using Socket = typename Bucket::Socket;
  using Key = typename Bucket::Key;
  Table table(64, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const auto client_side = Socket::of(client, be16(40000));
  const auto listener_side = Socket::of(listener, be16(80));
  const auto endpoint_side = Socket::of(endpoint, be16(8080));
  const auto source_side = Socket::of(source, be16(2000));
  const Key there{client_side, listener_side, false, NatSide::client};
  const Key back{source_side, endpoint_side, false, NatSide::source};
  const FlowMeta meta(EndpointSlot{1}, FlowState::established, 0);
  const auto first = table.insert(table.place(there), there, meta, TestOwner{clock, removed});
  auto& flow = first.bucket->flow(first.at);
  flow.set_endpoint(endpoint_side);
  flow.source_port = be16(2000);
  flow.marks.source_host = source_host(source);
  flow.marks.entry = static_cast<uint32_t>(NatEntry::there);
  auto other = flow;
  const auto second = table.insert(table.place(back), back, meta, TestOwner{clock, removed});
  ASSERT_TRUE(second);
  other.marks.entry = static_cast<uint32_t>(NatEntry::back);
  second.bucket->set_flow(second.at, other);
  EXPECT_TRUE(table.find(table.place(there), there));
  EXPECT_TRUE(table.find(table.place(back), back));
  // What moves a flow hashes the key that its entry gives.
  const auto place = table.place(back);
  const auto own = table.place(second.bucket->key(second.at));
  EXPECT_EQ(place.first, own.first);
  EXPECT_EQ(place.second, own.second);
  // The endpoint's packets straight to the client are not this flow's, nor those of another source.
  const Key straight{client_side, endpoint_side, false, NatSide::endpoint};
  EXPECT_FALSE(table.find(table.place(straight), straight));
  const Key other_port{Socket::of(source, be16(2001)), endpoint_side, false, NatSide::source};
  EXPECT_FALSE(table.find(place, other_port));
  const Key other_source{Socket::of(client, be16(2000)), endpoint_side, false, NatSide::source};
  EXPECT_FALSE(table.find(place, other_source));
}

TEST(NatFlows, AFullnatFlowIsFoundFromBothSides) {
  const auto ip = [](const char* text) { return *IpAddress::parse(text); };
  expect_both_entries_of_a_fullnat_flow<NatFlows4>(ip("192.0.2.1"), ip("203.0.113.1"),
                                                   ip("10.0.2.1"), ip("10.0.0.241"));
  expect_both_entries_of_a_fullnat_flow<NatFlows6>(ip("2001:db8::1"), ip("2001:db8:1::1"),
                                                   ip("fd00::1"), ip("fd00:1::f1"));
}

}  // namespace
}  // namespace weft
