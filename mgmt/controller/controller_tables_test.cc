// Transcripts of sets that change in a cluster with previous_tables_ms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::IsEmpty;

Model keeping_model() {
  Model model = web_model();
  model.clusters[0].previous_tables_ms = milliseconds(10'000);
  return model;
}

Model without_first(Model model = keeping_model()) {
  model.clusters[0].endpoints.erase(model.clusters[0].endpoints.begin());
  return model;
}

TestGateway serving(Model model = keeping_model()) {
  TestGateway gateway(std::move(model));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

// Everything published by now is what the workers read, and no flow is left.
void settle(TestGateway& gateway, int64_t ms) {
  gateway.at(ms);
  gateway.publishes();
  gateway.holds({});
  gateway.at(ms + 60);
  gateway.publishes();
}

std::vector<std::string> previous(const TestGateway& gateway) {
  std::vector<std::string> addresses;
  const auto& table = gateway.desired().clusters.at(0).previous;
  if (table == nullptr) return addresses;
  for (const DesiredEndpoint& endpoint : table->endpoints) {
    addresses.push_back(endpoint.address.to_string());
  }
  return addresses;
}

TEST(ControllerTables, TheTableBeforeAChangeIsPublishedForAWhile) {
  TestGateway gateway = serving();
  EXPECT_THAT(previous(gateway), IsEmpty());
  gateway.reloads(without_first());
  gateway.poll();
  EXPECT_THAT(previous(gateway), testing::ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_EQ(gateway->status().clusters[0].previous_tables, 1u);
  gateway.at(11'990);
  EXPECT_THAT(previous(gateway), testing::ElementsAre("10.0.0.1", "10.0.0.2"));
  gateway.at(12'100);
  EXPECT_THAT(previous(gateway), IsEmpty());
}

TEST(ControllerTables, ARemovedEndpointStaysWhileATableNamesIt) {
  TestGateway gateway = serving();
  const EndpointSlot slot = gateway.endpoint("web", "10.0.0.1:80").id.slot;
  gateway.reloads(without_first());
  settle(gateway, 2100);
  settle(gateway, 11'000);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: removed");
  EXPECT_THAT(gateway.desired().draining, testing::ElementsAre(slot));
  settle(gateway, 12'100);
  settle(gateway, 12'200);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "");
  EXPECT_THAT(gateway.desired().draining, IsEmpty());
}

TEST(ControllerTables, WaitingForTheTableToGoPublishesNothing) {
  TestGateway gateway = serving();
  gateway.reloads(without_first());
  settle(gateway, 2100);
  for (int64_t ms = 2200; ms < 11'000; ms += 100) {
    gateway.holds({});
    for (const std::string& line : gateway.at(ms)) EXPECT_FALSE(line.starts_with("publish")) << ms;
  }
}

TEST(ControllerTables, AWeightThatBecomesZeroIsAChangeToo) {
  TestGateway gateway = serving();
  Model model = keeping_model();
  model.clusters[0].endpoints[0].weight = 0;
  gateway.reloads(model);
  gateway.poll();
  EXPECT_THAT(previous(gateway), testing::ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_EQ(gateway.desired().clusters[0].previous->endpoints[0].weight, 1u);
}

TEST(ControllerTables, AReloadThatChangesNoSetKeepsNothing) {
  TestGateway gateway = serving();
  Model model = keeping_model();
  model.clusters[0].on_endpoint_down = OnEndpointDown::move;
  gateway.reloads(model);
  gateway.poll();
  EXPECT_THAT(previous(gateway), IsEmpty());
}

TEST(ControllerTables, ARemovedClusterHoldsNothing) {
  TestGateway gateway = serving();
  gateway.reloads(without_first());
  gateway.poll();
  gateway.reloads(model_of({}, {}));
  settle(gateway, 2100);
  settle(gateway, 2300);
  EXPECT_THAT(gateway.desired().draining, IsEmpty());
  gateway.reloads(keeping_model());
  gateway.at(2500);
  EXPECT_THAT(previous(gateway), IsEmpty());
}

}  // namespace
}  // namespace weft::mgmt
