// Transcripts of endpoints that become healthy in a cluster with slow_start_ms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

constexpr uint32_t all = flow_shares;

Model slow_model() {
  Model model = web_model();
  model.clusters[0].slow_start_ms = milliseconds(31'000);  // a step a second
  return model;
}

TestGateway serving(Model model = slow_model()) {
  TestGateway gateway(std::move(model));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

// How many of flow_shares the workers give to the endpoint, in shares of the flows that choose it.
uint32_t share(const TestGateway& gateway, std::string_view endpoint) {
  const EndpointStatus status = gateway.endpoint("web", endpoint);
  uint32_t taken = 0;
  for (uint64_t hash = 0; hash < flow_shares; ++hash) {
    taken += gateway.states().takes(status.id.slot, hash) ? 1 : 0;
  }
  if (status.state == EndpointState::healthy) {
    EXPECT_EQ(status.new_flows_share, static_cast<double>(taken) / flow_shares);
  }
  return taken;
}

TEST(ControllerSlowStart, WhatTheGatewayFindsHealthyAtItsStartIsNotNew) {
  const TestGateway gateway = serving();
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), all);
  EXPECT_EQ(share(gateway, "10.0.0.2:80"), all);
}

TEST(ControllerSlowStart, AnEndpointThatRecoversTakesMoreStepByStep) {
  TestGateway gateway = serving();
  gateway.answer_probes({"10.0.0.1:80"});
  gateway.at(6000);
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), 0u);
  gateway.answer_probes({});
  int64_t ms = 6000;
  while (share(gateway, "10.0.0.1:80") == 0) gateway.at(ms += 10);
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), 1u);
  gateway.at(ms + 10'020);
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), 11u);
  EXPECT_EQ(share(gateway, "10.0.0.2:80"), all);
  gateway.at(ms + 31'020);
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), all);
}

TEST(ControllerSlowStart, OneThatIsAddedLaterStartsSlowly) {
  TestGateway gateway = serving();
  Model model = slow_model();
  model.clusters[0].endpoints.push_back({"10.0.0.3", 80, 1});
  gateway.reloads(model);
  gateway.at(2100);
  EXPECT_EQ(gateway.state("web", "10.0.0.3:80"), "healthy: first probe passed");
  EXPECT_EQ(share(gateway, "10.0.0.3:80"), 1u);
}

TEST(ControllerSlowStart, WithoutHealthChecksToo) {
  Model model = slow_model();
  model.clusters[0].health.reset();
  TestGateway gateway = serving(model);
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), all);
  model.clusters[0].endpoints.push_back({"10.0.0.3", 80, 1});
  gateway.reloads(model);
  EXPECT_EQ(share(gateway, "10.0.0.3:80"), 1u);
}

TEST(ControllerSlowStart, OneThatIsEnabledAgainStartsSlowly) {
  TestGateway gateway = serving();
  Order order = order_about("web/10.0.0.1:80").value();
  order.kind = OrderKind::drain;
  ASSERT_TRUE(gateway->on_order(order, gateway.now()));
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), 0u);
  order.kind = OrderKind::enable;
  ASSERT_TRUE(gateway->on_order(order, gateway.now()));
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), 1u);
}

TEST(ControllerSlowStart, OneThatDiesWhileItStartsBeginsAgain) {
  TestGateway gateway = serving();
  Order order = order_about("web/10.0.0.1:80").value();
  for (int64_t ms : {2000, 12'000}) {
    gateway.at(ms);
    order.kind = OrderKind::disable;
    ASSERT_TRUE(gateway->on_order(order, gateway.now()));
    gateway.at(ms + 5000);
    EXPECT_EQ(share(gateway, "10.0.0.1:80"), 0u);
    order.kind = OrderKind::enable;
    ASSERT_TRUE(gateway->on_order(order, gateway.now()));
    EXPECT_EQ(share(gateway, "10.0.0.1:80"), 1u);
  }
}

TEST(ControllerSlowStart, WithoutItTheWholeIsTakenAtOnce) {
  TestGateway gateway = serving(web_model());
  Order order = order_about("web/10.0.0.1:80").value();
  order.kind = OrderKind::disable;
  ASSERT_TRUE(gateway->on_order(order, gateway.now()));
  order.kind = OrderKind::enable;
  ASSERT_TRUE(gateway->on_order(order, gateway.now()));
  EXPECT_EQ(share(gateway, "10.0.0.1:80"), all);
}

}  // namespace
}  // namespace weft::mgmt
