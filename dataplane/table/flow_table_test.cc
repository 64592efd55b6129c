#include "dataplane/table/flow_table.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/table/nat_flows.h"
#include "dataplane/table/tunnel_flows.h"

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
  void removed(FlowMeta meta) { removed_.push_back(meta); }

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
    return NatKey4{{be32(0x0a000000 + n), be16(40000)}, {be32(0xcb007101), be16(80)}, false, false};
  };
  const uint32_t flows = (1u << 18) / 4 * 3;
  for (uint32_t n = 0; n < flows; ++n) {
    const FlowMeta meta(EndpointSlot{1}, FlowState::established, 0);
    ASSERT_TRUE(table.insert(table.place(key(n)), key(n), meta, TestOwner{clock, removed})) << n;
  }
  EXPECT_TRUE(removed.empty());
  for (uint32_t n = 0; n < flows; ++n) ASSERT_TRUE(table.find(table.place(key(n)), key(n))) << n;
}

TEST(NatFlows, BothDirectionsMeetInOneEntry) {
  NatFlows4 table(64, test_hash);
  FlowClock clock(timeouts, Instant{});
  std::vector<FlowMeta> removed;
  const Socket4 client{be32(0x0a000001), be16(40000)};
  const Socket4 listener{be32(0xcb007101), be16(80)};
  const Socket4 endpoint{be32(0x0a000201), be16(8080)};
  const NatKey4 there{client, listener, false, false};
  const NatKey4 back{client, endpoint, false, true};
  const auto flow =
      table.insert(table.place(there), there, FlowMeta(EndpointSlot{1}, FlowState::established, 0),
                   TestOwner{clock, removed});
  ASSERT_TRUE(flow);
  flow.bucket->flow(flow.at).endpoint_address = endpoint.address;
  flow.bucket->flow(flow.at).endpoint_port = endpoint.port;
  EXPECT_EQ(table.find(table.place(back), back).bucket, flow.bucket);
  const NatKey4 other_port{client, {endpoint.address, be16(8081)}, false, true};
  EXPECT_FALSE(table.find(table.place(other_port), other_port));
  const NatKey4 forward_to_endpoint{client, endpoint, false, false};
  EXPECT_FALSE(table.find(table.place(forward_to_endpoint), forward_to_endpoint));
}

}  // namespace
}  // namespace weft
