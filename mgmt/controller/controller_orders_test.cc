// Transcripts of what operators order about endpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::Contains;
using testing::IsEmpty;

Order order(OrderKind kind, std::string_view endpoint, std::string by = "alice") {
  Order order = order_about(endpoint).value();
  order.kind = kind;
  order.by = std::move(by);
  return order;
}

TestGateway serving(Model model = web_model(), ControllerSettings settings = {}) {
  TestGateway gateway(std::move(model), std::move(settings));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

std::string refusal(TestGateway& gateway, const Order& order) {
  const Result<void> done = gateway->on_order(order, gateway.now());
  return done ? "" : done.error().message;
}

TEST(ControllerOrders, AreCarriedOutInTheEventAndPublishNothing) {
  TestGateway gateway = serving();
  ASSERT_TRUE(gateway->on_order(order(OrderKind::drain, "web/10.0.0.1:80"), gateway.now()));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: drained by alice");
  EXPECT_EQ(gateway.fit("web"), 1u);
  EXPECT_THAT(gateway.poll(),
              testing::ElementsAre(
                  "log endpoint_order web 10.0.0.1:80 ->drain (by alice)",
                  "log endpoint_state web 10.0.0.1:80 healthy->draining (drained by alice)"));

  ASSERT_TRUE(
      gateway->on_order(order(OrderKind::disable, "web/10.0.0.1:80", "bob"), gateway.now()));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: disabled by bob");
  ASSERT_TRUE(gateway->on_order(order(OrderKind::enable, "web/10.0.0.1:80"), gateway.now()));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_EQ(gateway.fit("web"), 2u);
  EXPECT_THAT(gateway->orders(), IsEmpty());
}

TEST(ControllerOrders, FromDisabledToDrainedItIsNeverHealthy) {
  TestGateway gateway = serving();
  ASSERT_TRUE(gateway->on_order(order(OrderKind::disable, "web/10.0.0.1:80"), gateway.now()));
  gateway.poll();
  ASSERT_TRUE(gateway->on_order(order(OrderKind::drain, "web/10.0.0.1:80"), gateway.now()));
  EXPECT_THAT(
      gateway.poll(),
      testing::ElementsAre("log endpoint_order web 10.0.0.1:80 ->drain (by alice)",
                           "log endpoint_state web 10.0.0.1:80 down->draining (drained by alice)"));
}

TEST(ControllerOrders, HoldOverProbes) {
  TestGateway gateway = serving();
  ASSERT_TRUE(gateway->on_order(order(OrderKind::disable, "web/10.0.0.1:80"), gateway.now()));
  gateway.at(10'000);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: disabled by alice");
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.1:80").last_probe, "connected");
}

TEST(ControllerOrders, SurviveReloads) {
  TestGateway gateway = serving();
  ASSERT_TRUE(gateway->on_order(order(OrderKind::drain, "web/10.0.0.1:80"), gateway.now()));
  gateway.reloads(web_model());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: drained by alice");
  // The endpoint goes, with id and record, and comes back.
  Model without = web_model();
  without.clusters[0].endpoints.erase(without.clusters[0].endpoints.begin());
  gateway.reloads(without);
  gateway.at(3000);
  gateway.publishes();
  gateway.holds({});
  gateway.at(4000);
  gateway.publishes();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "");
  ASSERT_EQ(gateway->status().orders.size(), 1u);
  EXPECT_FALSE(gateway->status().orders[0].present);
  gateway.reloads(web_model());
  gateway.at(5000);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: drained by alice");
  EXPECT_TRUE(gateway->status().orders[0].present);
  EXPECT_EQ(gateway.fit("web"), 1u);
}

TEST(ControllerOrders, AnOrderOfAnEndpointThatHasGoneCanBeTakenBack) {
  TestGateway gateway =
      serving(web_model(), {.orders = {order(OrderKind::disable, "web/10.0.0.9:80")}});
  ASSERT_EQ(gateway->orders().size(), 1u);
  ASSERT_TRUE(gateway->on_order(order(OrderKind::enable, "web/10.0.0.9:80"), gateway.now()));
  EXPECT_THAT(gateway->orders(), IsEmpty());
}

TEST(ControllerOrders, OfAnEarlierProcessHoldFromTheStart) {
  const std::vector<Order> kept = {order(OrderKind::disable, "web/10.0.0.1:80"),
                                   order(OrderKind::drain, "web/10.0.0.2:80", "bob")};
  TestGateway gateway(web_model(), {.orders = kept});
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: disabled by alice");
  gateway.poll();
  gateway.all_pass();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: disabled by alice");
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "draining: drained by bob");
  EXPECT_EQ(gateway.fit("web"), 0u);
  EXPECT_EQ(gateway->orders(), kept);
}

TEST(ControllerOrders, OfUnknownNamesAreErrorsThatChangeNothing) {
  TestGateway gateway = serving();
  EXPECT_EQ(refusal(gateway, order(OrderKind::drain, "wob/10.0.0.1:80")),
            "there is no cluster \"wob\"");
  EXPECT_EQ(refusal(gateway, order(OrderKind::drain, "web/10.0.0.1:81")),
            "cluster \"web\" has no endpoint 10.0.0.1:81");
  EXPECT_EQ(refusal(gateway, order(OrderKind::enable, "web/10.0.0.3:80")),
            "cluster \"web\" has no endpoint 10.0.0.3:80");
  EXPECT_THAT(gateway->orders(), IsEmpty());
  EXPECT_THAT(gateway.poll(), IsEmpty());
}

TEST(ControllerOrders, HaveABound) {
  std::vector<Order> many;
  for (uint32_t i = 0; i < orders_max; ++i) {
    many.push_back(order(OrderKind::drain, "web/10.0.0.9:80"));
    many.back().port = static_cast<uint16_t>(1 + i);
  }
  TestGateway gateway = serving(web_model(), {.orders = many});
  EXPECT_EQ(refusal(gateway, order(OrderKind::drain, "web/10.0.0.1:80")),
            "4096 orders are kept, and no more can be: enable some endpoints");
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
}

}  // namespace
}  // namespace weft::mgmt
