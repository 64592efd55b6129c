// Transcripts: what happens when, and what the controller asks for.
#include "mgmt/controller/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> published(const std::vector<std::string>& lines) {
  std::vector<std::string> published;
  for (const std::string& line : lines) {
    if (line.starts_with("publish")) published.push_back(line);
  }
  return published;
}

// A gateway whose two endpoints are healthy and whose listener is ready.
TestGateway serving(Model model = web_model()) {
  TestGateway gateway(std::move(model));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

// ---- start

TEST(Controller, StartsWithProbesAndASnapshotAndIsReadyWhenBothAreThere) {
  TestGateway gateway(web_model());
  EXPECT_THAT(gateway.poll(),
              ElementsAre("probe 10.0.0.1:80", "probe 10.0.0.2:80",
                          "publish 1 cluster 0: 10.0.0.1:80 10.0.0.2:80", "announce",
                          "log cluster_endpoints web ->2 endpoints (2 added, 0 removed)",
                          "log listener_added web web", "log config ->version 1"));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: not probed yet");
  EXPECT_EQ(gateway->status().listeners[0].why, "2 endpoints of cluster web are not probed yet");

  gateway.publishes();
  EXPECT_THAT(gateway.poll(),
              ElementsAre("announce", "phase serving", "log phase starting->serving"));
  gateway.passes("web", "10.0.0.1:80");
  EXPECT_THAT(gateway.poll(), ElementsAre("log endpoint_state web 10.0.0.1:80 down->healthy "
                                          "(first probe passed)"));
  EXPECT_FALSE(gateway->status().ready());

  gateway.fails("web", "10.0.0.2:80");
  EXPECT_THAT(gateway.poll(), ElementsAre("announce web",
                                          "log endpoint_state web 10.0.0.2:80 down->down "
                                          "(first probe failed: connection refused)",
                                          "log listener_ready web web"));
  EXPECT_TRUE(gateway->status().ready());
  EXPECT_EQ(gateway->status().listeners[0].why, "");
}

TEST(Controller, AListenerIsNotReadyBeforeItsSnapshotIsPublished) {
  TestGateway gateway(web_model());
  gateway.poll();
  gateway.all_pass();
  EXPECT_THAT(gateway.poll(), Not(Contains("announce web")));
  EXPECT_EQ(gateway->status().listeners[0].why, "the workers do not serve it yet");
  gateway.publishes();
  EXPECT_THAT(gateway.poll(), Contains("announce web"));
}

TEST(Controller, AListenerIsReadyAfterAWhileWhateverItWaitsFor) {
  TestGateway gateway(model_of({listener_of("web", "203.0.113.10", "web")},
                               {cluster_of("web", {{"app.internal", 80, 1}})}));
  gateway.poll();
  gateway.publishes();
  EXPECT_THAT(gateway.at(9'999), Not(Contains("announce web")));
  EXPECT_EQ(gateway->status().listeners[0].why, "the addresses of cluster web are not known yet");
  EXPECT_THAT(gateway.at(10'000),
              Contains("log listener_ready web web (ready_after_ms has passed, although the "
                       "addresses of cluster web are not known yet)"));
  EXPECT_TRUE(gateway->status().ready());
}

// ---- failover

TEST(Controller, ADeadEndpointIsDownBeforeAnythingIsPublished) {
  TestGateway gateway = serving();
  EXPECT_EQ(gateway.fit("web"), 2u);
  gateway.answer_probes({"10.0.0.2:80"});
  std::vector<std::string> lines = gateway.at(2000 + 3 * 1100);
  EXPECT_THAT(lines, Contains("log endpoint_state web 10.0.0.2:80 healthy->down "
                              "(3 probes in a row failed: connection refused)"));
  EXPECT_THAT(published(lines), IsEmpty());
  EXPECT_EQ(gateway.fit("web"), 1u);
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"),
            "down: 3 probes in a row failed: connection refused");
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.2:80").last_probe, "connection refused");

  gateway.answer_probes({});
  lines = gateway.at(10'000);
  EXPECT_THAT(published(lines), IsEmpty());
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "healthy: 2 probes in a row passed");
  EXPECT_EQ(gateway.fit("web"), 2u);
}

TEST(Controller, AStateWordChangesInTheEventThatDecides) {
  TestGateway gateway(web_model());
  gateway.poll();
  const EndpointSlot slot = gateway.endpoint("web", "10.0.0.1:80").id.slot;
  EXPECT_EQ(gateway.states().get(slot), EndpointState::down);
  gateway.passes("web", "10.0.0.1:80");
  EXPECT_EQ(gateway.states().get(slot), EndpointState::healthy);
  EXPECT_EQ(gateway.fit("web"), 1u);
  gateway.poll();
  EXPECT_EQ(gateway.log().at(0).level, LogRecord::Level::info);
}

TEST(Controller, AProbeThatNeverReportsCountsAsFailed) {
  TestGateway gateway(web_model());
  gateway.poll();
  gateway.passes("web", "10.0.0.1:80");
  EXPECT_THAT(gateway.at(499), Not(Contains(HasSubstr("10.0.0.2:80 down->down"))));
  EXPECT_THAT(gateway.at(500), Contains("log endpoint_state web 10.0.0.2:80 down->down (first "
                                        "probe failed: no result of the probe in 300 ms)"));
}

TEST(Controller, AProbeThatTheGatewayCouldNotMakeCountsForNothing) {
  TestGateway gateway(web_model());
  gateway.poll();
  const EndpointProbe probe = gateway.probes().at(0);
  gateway->on_probed({probe.endpoint, probe.attempt, ProbeOutcome::inconclusive, "no socket"},
                     gateway.now());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: not probed yet");
  gateway->on_probed({probe.endpoint, probe.attempt, ProbeOutcome::passed, "connected"},
                     gateway.now());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: not probed yet");
  EXPECT_THAT(gateway.at(1000), Contains("probe 10.0.0.1:80"));
}

TEST(Controller, ProbesThePortOfTheHealthCheckWhenItHasOne) {
  Model model = web_model();
  model.clusters[0].health->port = 8081;
  TestGateway gateway(model);
  gateway.poll();
  EXPECT_EQ(gateway.probes().at(0).port, 8081);
  EXPECT_EQ(gateway.probes().at(0).settings->timeout_ms, milliseconds(300));
}

TEST(Controller, WithoutHealthChecksEndpointsAreHealthyAtOnce) {
  Model model = web_model();
  model.clusters[0].health.reset();
  TestGateway gateway(model);
  EXPECT_THAT(gateway.poll(), Each(Not(StartsWith("probe"))));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: no health check");
  EXPECT_EQ(gateway.fit("web"), 2u);
  gateway.publishes();
  gateway.poll();
  EXPECT_TRUE(gateway->status().ready());
}

// ---- publishing

TEST(Controller, AnotherServerIdIsPublished) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].endpoints[0].server_id = QuicServerId(std::array{std::byte{1}});
  gateway.reloads(model);
  EXPECT_EQ(published(gateway.poll()).size(), 1u);
}

TEST(Controller, TheFirstChangeIsPublishedAtOnceAndThoseThatFollowTogether) {
  TestGateway gateway = serving();
  Model model = web_model();
  for (uint32_t weight : {2u, 3u, 4u}) {
    model.clusters[0].endpoints[0].weight = weight;
    gateway.reloads(model);
    const auto expected = weight == 2 ? 1u : 0u;
    EXPECT_EQ(published(gateway.poll()).size(), expected) << weight;
  }
  EXPECT_THAT(published(gateway.at(2049)), IsEmpty());
  EXPECT_THAT(published(gateway.at(2050)),
              ElementsAre("publish 3 cluster 0: 10.0.0.1:80*4 10.0.0.2:80"));
  EXPECT_THAT(published(gateway.at(9000)), IsEmpty());
}

TEST(Controller, PublishesWhatTheKernelKnowsWhenItChanges) {
  TestGateway gateway = serving();
  KernelView view;
  view.links.push_back({.interface = 0, .mtu_bytes = 1500, .up = true});
  gateway->on_kernel(view);
  EXPECT_THAT(published(gateway.poll()), ElementsAre(StartsWith("publish 2")));
  EXPECT_EQ(gateway.desired().kernel, view);
  gateway->on_kernel(view);
  EXPECT_THAT(published(gateway.at(3000)), IsEmpty());
}

TEST(Controller, DesiredSaysWhatTheModelSays) {
  Model model = web_model();
  model.gateway.transit = Transit::twin;
  model.flows.nat4_flows_max = 4096;
  TestGateway gateway(model, {.worker_weights = {1, 1, 1}});
  gateway.poll();
  const Desired& desired = gateway.desired();
  EXPECT_EQ(desired.interfaces, model.interfaces);
  EXPECT_EQ(desired.flows, model.flows);
  EXPECT_EQ(desired.transit, Transit::twin);
  EXPECT_EQ(desired.worker_weights, (std::vector<uint16_t>{1, 1, 1}));
  ASSERT_EQ(desired.listeners.size(), 1u);
  EXPECT_EQ(desired.listeners[0].settings, model.listeners[0]);
  EXPECT_EQ(desired.listeners[0].cluster, desired.clusters[0].id);
  EXPECT_EQ(desired.clusters[0].endpoints[1].id, gateway.endpoint("web", "10.0.0.2:80").id);
}

TEST(Controller, TheHashSeedIsTheModelsOrElseTheDrawnOne) {
  Model model = web_model();
  TestGateway with_seed(model, {.drawn_hash_seed = "drawn"});
  with_seed.poll();
  model.gateway.hash_seed = "";
  TestGateway without(model, {.drawn_hash_seed = "drawn"});
  without.poll();
  model.gateway.hash_seed = "drawn";
  TestGateway same(model);
  same.poll();
  EXPECT_NE(with_seed.desired().hash_seed, without.desired().hash_seed);
  EXPECT_EQ(same.desired().hash_seed, without.desired().hash_seed);
}

// ---- sets that change

TEST(Controller, ARemovedEndpointDrainsUntilItsLastFlowEnds) {
  TestGateway gateway = serving();
  const EndpointId removed = gateway.endpoint("web", "10.0.0.2:80").id;
  Model model = web_model();
  model.clusters[0].endpoints.pop_back();
  gateway.reloads(model);
  EXPECT_THAT(published(gateway.poll()),
              ElementsAre("publish 2 cluster 0: 10.0.0.1:80 draining 1"));
  EXPECT_EQ(gateway.states().get(removed.slot), EndpointState::healthy);
  EXPECT_EQ(gateway.fit("web"), 2u);
  gateway.publishes();
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "draining: removed");
  EXPECT_EQ(gateway.fit("web"), 1u);

  gateway.holds({{removed.slot, 1}});
  EXPECT_THAT(published(gateway.at(60'000)), IsEmpty());
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "draining: removed");

  gateway.holds({});
  const auto lines = gateway.poll();
  EXPECT_THAT(published(lines), ElementsAre("publish 3 cluster 0: 10.0.0.1:80"));
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "");
  EXPECT_EQ(gateway.states().get(removed.slot), EndpointState::down);
  EXPECT_THAT(gateway.at(62'000), Not(Contains("probe 10.0.0.2:80")));
}

// The old tables are in use until then, and know no other.
TEST(Controller, AReloadThatReplacesEveryEndpointKeepsTheOldOnesFitUntilItIsPublished) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].endpoints = {{.host = "10.0.0.7", .port = 80}};
  gateway.reloads(model);
  gateway.poll();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  gateway.publishes();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: removed");
}

TEST(Controller, AWeightThatReturnsBeforeItWasPublishedNeverDrains) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].endpoints[0].weight = 0;
  gateway.reloads(model);
  gateway.poll();
  gateway.reloads(web_model());
  gateway.publishes();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
}

TEST(Controller, ARemovedEndpointThatDiesIsDownSoThatItsFlowsAreTreatedSo) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].endpoints.pop_back();
  gateway.reloads(model);
  gateway.answer_probes({"10.0.0.2:80"});
  gateway.at(6000);
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"),
            "down: 3 probes in a row failed: connection refused");
}

TEST(Controller, AnEndpointThatComesBackWhileItDrainsHasItsIdAndItsState) {
  TestGateway gateway = serving();
  const EndpointId id = gateway.endpoint("web", "10.0.0.2:80").id;
  Model model = web_model();
  model.clusters[0].endpoints.pop_back();
  gateway.reloads(model);
  gateway.poll();
  gateway.publishes();
  gateway.holds({{id.slot, 1}});
  gateway.reloads(web_model());
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.2:80").id, id);
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "healthy: first probe passed");
  EXPECT_EQ(gateway.fit("web"), 2u);
  EXPECT_THAT(published(gateway.at(3000)),
              ElementsAre("publish 3 cluster 0: 10.0.0.1:80 10.0.0.2:80"));
}

TEST(Controller, AnEndpointThatComesBackAfterItsLastFlowIsANewOne) {
  TestGateway gateway = serving();
  const EndpointId id = gateway.endpoint("web", "10.0.0.2:80").id;
  Model model = web_model();
  model.clusters[0].endpoints.pop_back();
  gateway.reloads(model);
  gateway.poll();
  gateway.publishes();
  gateway.holds({});
  gateway.at(3000);
  gateway.reloads(web_model());
  EXPECT_NE(gateway.endpoint("web", "10.0.0.2:80").id, id);
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "down: not probed yet");
}

TEST(Controller, WeightZeroKeepsFlowsAndTakesNoNewOnes) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].endpoints[0].weight = 0;
  gateway.reloads(model);
  EXPECT_THAT(published(gateway.poll()),
              ElementsAre("publish 2 cluster 0: 10.0.0.1:80*0 10.0.0.2:80"));
  EXPECT_EQ(gateway.fit("web"), 2u);
  gateway.publishes();
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: weight 0");
  EXPECT_EQ(gateway.fit("web"), 1u);
  gateway.reloads(web_model());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_EQ(gateway.fit("web"), 2u);
}

TEST(Controller, EndpointsOfARemovedClusterKeepTheirStateUntilTheSnapshotIsPublished) {
  TestGateway gateway = serving();
  const EndpointSlot first = gateway.endpoint("web", "10.0.0.1:80").id.slot;
  gateway.reloads(model_of({}, {}));
  EXPECT_EQ(gateway.states().get(first), EndpointState::healthy);
  gateway.poll();
  EXPECT_EQ(gateway.states().get(first), EndpointState::healthy);
  gateway.publishes();
  EXPECT_EQ(gateway.states().get(first), EndpointState::draining);
  gateway.holds({});
  EXPECT_THAT(published(gateway.at(3000)), ElementsAre("publish 3"));
  EXPECT_EQ(gateway.states().get(first), EndpointState::down);
}

TEST(Controller, WorkersMayBeFasterThanTheWordThatASnapshotIsPublished) {
  TestGateway gateway = serving();
  const EndpointSlot first = gateway.endpoint("web", "10.0.0.1:80").id.slot;
  gateway.reloads(model_of({}, {}));
  gateway.poll();
  gateway.holds({});
  EXPECT_THAT(published(gateway.at(3000)), ElementsAre("publish 3"));
  EXPECT_EQ(gateway.states().get(first), EndpointState::down);
  gateway.publishes();
  EXPECT_EQ(gateway.states().get(first), EndpointState::down);
}

TEST(Controller, ARenamedClusterBeginsWithWhatIsKnownOfItsEndpoints) {
  TestGateway gateway = serving();
  gateway.answer_probes({"10.0.0.2:80"});
  gateway.at(6000);
  Model model = web_model();
  model.clusters[0].name = "shop";
  model.listeners[0].cluster = "shop";
  gateway.reloads(model);
  EXPECT_EQ(gateway.state("shop", "10.0.0.1:80"), "healthy: healthy in cluster web");
  EXPECT_EQ(gateway.state("shop", "10.0.0.2:80"), "down: down in cluster web");
  EXPECT_EQ(gateway.fit("shop"), 1u);
  EXPECT_THAT(gateway.poll(), Contains("probe 10.0.0.1:80"));
}

TEST(Controller, AClusterProbedInAnotherWayBeginsUnprobed) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.clusters[0].name = "shop";
  model.clusters[0].health->fall = 7;
  model.listeners[0].cluster = "shop";
  gateway.reloads(model);
  EXPECT_EQ(gateway.state("shop", "10.0.0.1:80"), "down: not probed yet");
}

TEST(Controller, OtherHealthSettingsKeepTheStates) {
  TestGateway gateway = serving();
  gateway.answer_probes({"10.0.0.2:80"});
  gateway.at(6000);
  Model model = web_model();
  model.clusters[0].health->kind = HealthSettings::Kind::http;
  model.clusters[0].health->path = "/healthz";
  model.clusters[0].health->interval_ms = milliseconds(500);
  gateway.reloads(model);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_THAT(gateway.state("web", "10.0.0.2:80"), StartsWith("down: "));
  gateway.at(7000);
  ASSERT_THAT(gateway.probes(), Not(IsEmpty()));
  EXPECT_EQ(gateway.probes()[0].settings->path, "/healthz");

  model.clusters[0].health.reset();
  gateway.reloads(model);
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "healthy: no health check");
  EXPECT_THAT(gateway.at(20'000), Each(Not(StartsWith("probe"))));

  gateway.reloads(web_model());
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "healthy: no health check");
  gateway.at(25'000);
  EXPECT_THAT(gateway.state("web", "10.0.0.2:80"), StartsWith("down: "));
}

}  // namespace
}  // namespace weft::mgmt
