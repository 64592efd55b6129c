#include "mgmt/publish/nat_returns.h"

#include <gtest/gtest.h>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::ip;
using test::small_mesh;

const weft::NatReturn* find(const Desired& desired, Protocol protocol = Protocol::tcp) {
  static FlatMap<ListenerKey, weft::NatReturn> returns;
  returns = nat_returns(desired);
  return returns.find({ip("10.0.0.1"), be16(8080), protocol});
}

TEST(NatReturns, TheReplyOfAnEndpointIsItsOneListeners) {
  const weft::NatReturn* reply = find(small_mesh());
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->listener_address, ip("203.0.113.10"));
  EXPECT_EQ(reply->listener_port.host(), 80);
  EXPECT_EQ(reply->listener, ListenerSlot{0});
  EXPECT_EQ(reply->endpoint, EndpointSlot{1});
}

TEST(NatReturns, TwoListenersOfOneClusterLeaveItOpen) {
  Desired desired = small_mesh();
  desired.listeners.push_back(test::listener(1, "203.0.113.11", 80, 0));
  EXPECT_EQ(find(desired), nullptr);
}

TEST(NatReturns, SoDoTwoClustersThatNameOneAddress) {
  Desired desired = small_mesh();
  DesiredCluster other{.id = {ClusterSlot{1}, 1}, .endpoints = {test::endpoint(0, 1)}};
  other.endpoints[0].id.slot = EndpointSlot{77};
  desired.clusters.push_back(other);
  EXPECT_NE(find(desired), nullptr) << "no listener leads to the other";
  desired.listeners.push_back(test::listener(1, "203.0.113.11", 80, 1));
  EXPECT_EQ(find(desired), nullptr);
}

TEST(NatReturns, AnotherProtocolOrModeDoesNotCount) {
  Desired desired = small_mesh();
  desired.listeners.push_back(test::listener(1, "203.0.113.10", 81, 0, Forward::ipip));
  desired.listeners.push_back(test::listener(2, "203.0.113.10", 53, 0));
  desired.listeners[2].settings.protocol = Protocol::udp;
  ASSERT_NE(find(desired), nullptr);
  EXPECT_EQ(find(desired)->listener, ListenerSlot{0});
  ASSERT_NE(find(desired, Protocol::udp), nullptr);
  EXPECT_EQ(find(desired, Protocol::udp)->listener, ListenerSlot{2});
}

TEST(NatReturns, AListenerOfManyAddressesOrPortsLeavesItOpen) {
  Desired desired = small_mesh();
  desired.listeners[0].settings.last_port = 81;
  EXPECT_EQ(find(desired), nullptr);
  desired.listeners[0].settings.last_port = 80;
  desired.listeners[0].settings.address = test::prefix("203.0.113.0/24");
  EXPECT_EQ(find(desired), nullptr);
}

}  // namespace
}  // namespace weft::mgmt
