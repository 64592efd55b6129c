// Transcripts of reloads, host names, listeners, next hops, stop, and of two gateways at once.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}
Answer server_failure() {
  return fail("server failure", Fault::environment, true);
}

Model named_model() {
  return model_of({listener_of("web", "203.0.113.10", "web")},
                  {cluster_of("web", {{"app.internal", 80, 1}})});
}

TestGateway serving(Model model = web_model()) {
  TestGateway gateway(std::move(model));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

ClusterStatus status_of(TestGateway& gateway, std::size_t cluster) {
  return gateway->status().clusters.at(cluster);
}

std::vector<PrefixListSettings> lists_of(std::string_view office, std::string_view scanners) {
  const std::array first = {*IpPrefix::parse(office)};
  const std::array second = {*IpPrefix::parse(scanners)};
  return {{"office", std::make_shared<const PrefixSet>(first)},
          {"scanners", std::make_shared<const PrefixSet>(second)}};
}

TEST(PrefixLists, OneThatAReloadDidNotChangeIsTheSameSet) {
  Model model = web_model();
  model.prefix_lists = lists_of("192.0.2.0/24", "198.51.100.0/24");
  TestGateway gateway = serving(model);
  const std::vector<PrefixListSettings> before = gateway.desired().prefix_lists;
  model.prefix_lists = lists_of("192.0.2.0/24", "203.0.113.0/24");
  gateway.reloads(model);
  gateway.at(3000);
  const std::vector<PrefixListSettings>& after = gateway.desired().prefix_lists;
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0].prefixes, before[0].prefixes);
  EXPECT_EQ(after[1].prefixes, model.prefix_lists[1].prefixes);
}

TEST(MaglevSlots, AreThoseOfTheTableThatWorkersRead) {
  Model model = web_model();
  for (int i = 3; i <= 11; ++i) {
    model.clusters[0].endpoints.push_back({fmt::format("10.0.0.{}", i), 80, 1});
  }
  TestGateway gateway = serving(model);
  EXPECT_EQ(status_of(gateway, 0).maglev_slots, 4093u);
  // One leaves and keeps its flows: it is in the status and not in the table.
  model.clusters[0].endpoints.pop_back();
  gateway.holds({{gateway.endpoint("web", "10.0.0.11:80").id.slot, 1}});
  gateway.reloads(model);
  gateway.at(3000);
  gateway.publishes();
  EXPECT_EQ(status_of(gateway, 0).endpoints.size(), 11u);
  EXPECT_EQ(status_of(gateway, 0).maglev_slots, 1021u);
  // A configured number that the set has outgrown is not used.
  model.clusters[0].maglev_slots = 7;
  gateway.reloads(model);
  EXPECT_EQ(status_of(gateway, 0).maglev_slots, 1021u);
  model.clusters[0].maglev_slots = 65521;
  gateway.reloads(model);
  EXPECT_EQ(status_of(gateway, 0).maglev_slots, 65521u);
}

// ---- host names

TEST(HostNamesOfAController, BecomeEndpointsThatAreProbedAndPublished) {
  TestGateway gateway(named_model());
  EXPECT_THAT(gateway.poll(), Contains("look up app.internal"));
  gateway.publishes();
  gateway.resolves("app.internal", {{ip("10.0.0.2"), ip("10.0.0.1")}});
  EXPECT_THAT(gateway.at(50), AllOf(Contains("probe 10.0.0.1:80"), Contains("probe 10.0.0.2:80"),
                                    Contains("publish 2 cluster 0: 10.0.0.1:80 10.0.0.2:80")));
  EXPECT_FALSE(gateway->status().ready());
  gateway.publishes();
  gateway.all_pass();
  EXPECT_THAT(gateway.poll(), Contains("announce web"));
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.1:80").host, "app.internal");
}

TEST(HostNamesOfAController, KeepTheirEndpointsWhenTheResolverFails) {
  TestGateway gateway(named_model());
  gateway.answer_probes({});
  gateway.poll();
  gateway.resolves("app.internal", {{ip("10.0.0.1")}});
  EXPECT_THAT(gateway.at(12'000), Contains("look up app.internal"));
  gateway.resolves("app.internal", server_failure());
  EXPECT_THAT(gateway.poll(),
              ElementsAre("log cluster_problem web (app.internal: server failure; its last good "
                          "addresses stay)"));
  EXPECT_EQ(status_of(gateway, 0).resolve_error,
            "app.internal: server failure; its last good addresses stay");
  EXPECT_EQ(gateway.fit("web"), 1u);
  EXPECT_THAT(gateway.at(13'000), Contains("look up app.internal"));
  gateway.resolves("app.internal", {{ip("10.0.0.1")}});
  EXPECT_THAT(gateway.poll(), ElementsAre("log cluster_problem web (solved)"));
  EXPECT_EQ(status_of(gateway, 0).resolve_error, "");
}

TEST(HostNamesOfAController, AResolverThatNeverAnswersIsAProblemAndNoMore) {
  TestGateway gateway(named_model());
  gateway.poll();
  EXPECT_THAT(gateway.at(30'000), Contains("log cluster_problem web (app.internal: no answer from "
                                           "the resolver)"));
  EXPECT_THAT(gateway.at(31'000), Contains("look up app.internal"));
}

TEST(HostNamesOfAController, ANameOfTwoClustersIsLookedUpOnce) {
  Model model = named_model();
  model.clusters.push_back(cluster_of("api", {{"app.internal", 8080, 1}}));
  TestGateway gateway(model);
  gateway.poll();
  EXPECT_EQ(gateway.actions().look_ups.size(), 1u);
  gateway.resolves("app.internal", {{ip("10.0.0.1")}});
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "down: not probed yet");
  EXPECT_EQ(gateway.state("api", "10.0.0.1:8080"), "down: not probed yet");
}

TEST(HostNamesOfAController, WhatCannotBeAnEndpointIsIgnoredWithAReason) {
  TestGateway gateway(named_model());
  gateway.poll();
  gateway.resolves("app.internal", {{ip("fe80::1"), ip("fd00::1"), ip("10.0.0.1")}});
  EXPECT_EQ(status_of(gateway, 0).endpoints.size(), 2u);
  EXPECT_EQ(status_of(gateway, 0).resolve_error,
            "app.internal: fe80::1 is a link-local address: no endpoint can be there");
}

TEST(HostNamesOfAController, TheGatewayItselfIsNoEndpoint) {
  TestGateway gateway(named_model());
  gateway.poll();
  gateway.resolves("app.internal", {{ip("10.0.0.1"), ip("203.0.113.10")}});
  EXPECT_THAT(gateway.at(50),
              AllOf(Contains("probe 10.0.0.1:80"), Not(Contains("probe 203.0.113.10:80"))));
  EXPECT_EQ(status_of(gateway, 0).resolve_error,
            "app.internal: 203.0.113.10 is an address of listener \"web\": an endpoint cannot be "
            "the gateway itself");
  // A reload that gives the address away makes an endpoint of it.
  Model moved = named_model();
  moved.listeners[0].address = *IpPrefix::parse("203.0.113.11");
  gateway.reloads(moved);
  EXPECT_THAT(gateway.at(1000), Contains("probe 203.0.113.10:80"));
  EXPECT_EQ(status_of(gateway, 0).resolve_error, "");
}

// ---- reload

TEST(Reload, IsSeenInTheStatus) {
  TestGateway gateway = serving();
  gateway.reloads(web_model());
  gateway.poll();
  const GatewayStatus status = gateway->status();
  EXPECT_EQ(status.config_version, 2u);
  EXPECT_EQ(status.config_since, gateway.now());
  EXPECT_EQ(status.started, Instant{});
  EXPECT_EQ(status.last_reload_error, "");
  EXPECT_EQ(status.snapshot_generation, 1u);
  EXPECT_EQ(status.listeners[0].address, "203.0.113.10:80");
  EXPECT_EQ(status.listeners[0].protocol, "tcp");
  EXPECT_EQ(status.listeners[0].forward, "nat");
  EXPECT_THAT(status.interfaces, ElementsAre("edge"));
}

TEST(Reload, ThatWasRefusedElsewhereIsKeptForTheStatusUntilTheNextGoodOne) {
  TestGateway gateway = serving();
  gateway->on_config_error("weft.toml:3:1: unknown key", gateway.now());
  EXPECT_THAT(gateway.poll(), ElementsAre("log config_refused (weft.toml:3:1: unknown key)"));
  EXPECT_EQ(gateway->status().last_reload_error, "weft.toml:3:1: unknown key");
  gateway.reloads(web_model());
  EXPECT_EQ(gateway->status().last_reload_error, "");
}

Model many_listeners(uint32_t count) {
  Model model = model_of({}, {cluster_of("other", {{"10.0.9.9", 80, 1}})});
  for (uint32_t i = 0; i < count; ++i) {
    model.listeners.push_back(listener_of(fmt::format("l{}", i), "203.0.113.10", "other"));
  }
  return model;
}

TEST(Reload, ThatCanNeverFitIsRefused) {
  TestGateway gateway = serving();
  const Result<Reloaded> taken =
      gateway->on_config(many_listeners(listeners_max + 1), gateway.now());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message,
            "the configuration has 16385 listeners, at most 16384 are possible");
  EXPECT_EQ(gateway->status().last_reload_error, taken.error().message);
}

// The listener that goes still has its slot when those that come want all of them.
TEST(Reload, ThatDoesNotFitYetChangesNothing) {
  TestGateway gateway = serving();
  const EndpointId kept = gateway.endpoint("web", "10.0.0.1:80").id;
  gateway.reloads(many_listeners(1));
  gateway.reloads(web_model());
  const Result<Reloaded> taken = gateway->on_config(many_listeners(listeners_max), gateway.now());
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("no room for another listener"));
  EXPECT_EQ(gateway->status().last_reload_error, taken.error().message);
  EXPECT_EQ(gateway->status().config_version, 3u);
  EXPECT_THAT(gateway.poll(), Contains(StartsWith("log config_refused")));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.1:80").id, kept);

  // What had been claimed is free again once no worker can refer to it.
  gateway.publishes();
  gateway.holds({});
  gateway.reloads(many_listeners(listeners_max - 1));
  gateway.at(3000);
  EXPECT_EQ(gateway.desired().listeners.size(), listeners_max - 1);
}

TEST(Reload, WaitsWhileTooManyGenerationsOfTheConfigurationAreInUse) {
  TestGateway gateway = serving();
  gateway.holds({}, 8);
  Model model = web_model();
  model.clusters[0].endpoints.pop_back();
  const Result<Reloaded> reloaded = gateway->on_config(model, gateway.now());
  ASSERT_TRUE(reloaded);
  EXPECT_THAT(reloaded->waits, HasSubstr("the reload waits: 8 generations"));
  EXPECT_THAT(gateway.poll(), ElementsAre(StartsWith("log config_waits")));
  EXPECT_THAT(gateway->status().last_reload_error, HasSubstr("the reload waits: 8 generations"));
  EXPECT_EQ(gateway->status().config_version, 1u);
  gateway.holds({}, 7);
  EXPECT_EQ(gateway->status().config_version, 2u);
  EXPECT_EQ(gateway->status().last_reload_error, "");
  EXPECT_THAT(gateway.poll(), Contains(StartsWith("publish 2")));
  const Result<Reloaded> taken = gateway->on_config(web_model(), gateway.now());
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->waits, "");
}

TEST(Reload, ThatChangesNothingMovesNoId) {
  TestGateway gateway = serving();
  const Desired before = gateway.desired();
  gateway.reloads(web_model());
  EXPECT_THAT(gateway.poll(), Not(Contains(StartsWith("log endpoint_state"))));
  EXPECT_EQ(gateway.desired(), before);
}

// ---- listeners

TEST(ListenersOfAController, AreAnnouncedOneByOneAndWithdrawnWhenRemoved) {
  TestGateway gateway = serving();
  Model model = web_model();
  model.listeners.push_back(listener_of("dns", "203.0.113.11", "dns"));
  model.clusters.push_back(cluster_of("dns", {{"ns.internal", 53, 1}}));
  gateway.reloads(model);
  EXPECT_THAT(gateway.poll(),
              AllOf(Contains("announce web"), Contains("log listener_added dns dns"),
                    Contains("look up ns.internal")));
  gateway.publishes();
  EXPECT_FALSE(gateway->status().ready());
  gateway.resolves("ns.internal", {{ip("10.0.0.9")}});
  gateway.at(3000);
  gateway.publishes();
  EXPECT_THAT(gateway.poll(), Contains("announce dns web"));
  EXPECT_TRUE(gateway.actions().kernel->announces(model.listeners[1]));
  EXPECT_EQ(*gateway.actions().kernel->model, model);

  gateway.reloads(web_model());
  EXPECT_THAT(gateway.poll(),
              AllOf(Contains("announce web"), Contains("log listener_removed dns dns")));
  EXPECT_FALSE(gateway.actions().kernel->announces(model.listeners[1]));
}

TEST(ListenersOfAController, KeepTheirIdAndReadinessWithAnotherCluster) {
  TestGateway gateway = serving();
  const ListenerId id = gateway->status().listeners[0].id;
  Model model = web_model();
  model.clusters.push_back(cluster_of("next", {{"10.0.0.3", 80, 1}}));
  model.listeners[0].cluster = "next";
  gateway.reloads(model);
  EXPECT_THAT(gateway.poll(), Contains("announce web"));
  EXPECT_EQ(gateway->status().listeners[0].id, id);
  EXPECT_TRUE(gateway->status().ready());
  EXPECT_EQ(gateway.desired().listeners[0].cluster, status_of(gateway, 1).id);
}

TEST(ListenersOfAController, ThatAreRenamedAreNewAndReadyAsSoonAsTheyArePublished) {
  TestGateway gateway = serving();
  const ListenerId id = gateway->status().listeners[0].id;
  Model model = web_model();
  model.listeners[0].name = "shop";
  gateway.reloads(model);
  gateway.poll();
  EXPECT_NE(gateway->status().listeners[0].id, id);
  EXPECT_FALSE(gateway->status().ready());
  gateway.publishes();
  EXPECT_THAT(gateway.poll(), Contains("announce shop"));
  EXPECT_TRUE(gateway->status().ready());
}

TEST(ListenersOfAController, SayTheirAddressesAsConfigured) {
  Model model = web_model();
  model.listeners.push_back(listener_of("range", "203.0.113.0/24", "web"));
  model.listeners[1].last_port = 99;
  model.listeners[1].protocol = Protocol::udp;
  model.listeners[1].forward = Forward::ipip;
  model.listeners.push_back(listener_of("six", "fd00::1", "web"));
  TestGateway gateway(model);
  const GatewayStatus status = gateway->status();
  EXPECT_EQ(status.listeners[1].address, "203.0.113.0/24:80-99");
  EXPECT_EQ(status.listeners[1].protocol, "udp");
  EXPECT_EQ(status.listeners[1].forward, "ipip");
  EXPECT_EQ(status.listeners[2].address, "[fd00::1]:80");
}

// ---- next hops

KernelView on_link_view() {
  KernelView view;
  view.routes.push_back({.to = *IpPrefix::parse("0.0.0.0/0"), .gateway = ip("10.0.0.254")});
  view.routes.push_back({.to = *IpPrefix::parse("10.0.0.0/24")});
  return view;
}

TEST(NextHopsOfAController, AreResolvedAndThenConfirmed) {
  TestGateway gateway = serving();
  KernelView view = on_link_view();
  gateway->on_kernel(view);
  EXPECT_THAT(gateway.poll(), AllOf(Contains("resolve 10.0.0.1"), Contains("resolve 10.0.0.2"),
                                    Contains("resolve 10.0.0.254")));
  view.neighbours.push_back({.address = ip("10.0.0.1")});
  gateway->on_kernel(view);
  const auto lines = gateway.at(4000);  // after 1 s and 2 s more
  EXPECT_EQ(std::ranges::count(lines, "resolve 10.0.0.1"), 0);
  EXPECT_EQ(std::ranges::count(lines, "resolve 10.0.0.2"), 1);
  const auto later = gateway.at(2050 + 60'000);
  EXPECT_EQ(std::ranges::count(later, "resolve 10.0.0.1"), 2);
}

TEST(NextHopsOfAController, WhatAWorkerWantsIsAskedForOnceASecond) {
  TestGateway gateway = serving();
  const NextHopAddress client{0, ip("10.0.0.77")};
  for (int i = 0; i < 3; ++i) gateway->on_next_hop_wanted(client, gateway.now());
  EXPECT_THAT(gateway.poll(), ElementsAre("resolve 10.0.0.77"));
  gateway->on_next_hop_wanted(client, gateway.now() + milliseconds(999));
  EXPECT_THAT(gateway.poll(), IsEmpty());
  gateway.at(3000);
  gateway->on_next_hop_wanted(client, gateway.now());
  EXPECT_THAT(gateway.poll(), Contains("resolve 10.0.0.77"));
}

// ---- stop

TEST(Stop, WithdrawsThenDrainsThenEnds) {
  TestGateway gateway = serving();
  gateway->on_stop(gateway.now());
  EXPECT_THAT(gateway.poll(),
              ElementsAre("announce", "phase withdrawing", "log phase serving->withdrawing"));
  EXPECT_FALSE(gateway->status().ready());
  EXPECT_THAT(gateway.at(3999), Not(Contains("refuse new flows")));
  EXPECT_THAT(gateway.at(4000), Contains("phase draining"));
  EXPECT_TRUE(gateway.actions().refuse_new_flows);
  gateway.holds({{EndpointSlot{0}, 5}});
  gateway.at(5000);
  EXPECT_EQ(gateway->phase(), Phase::draining);
  gateway.holds({});
  EXPECT_THAT(gateway.poll(), Contains("phase stopped"));
  EXPECT_EQ(gateway.actions().next_poll, Instant::max());
  EXPECT_TRUE(gateway.actions().refuse_new_flows);
}

TEST(Stop, EndsAtTheTimeoutWhateverFlowsThereAre) {
  TestGateway gateway = serving();
  gateway->on_stop(gateway.now());
  gateway.at(33'999);
  gateway.holds({{EndpointSlot{0}, 5}});
  EXPECT_EQ(gateway->phase(), Phase::draining);
  EXPECT_THAT(gateway.at(34'000), Contains("phase stopped"));
}

TEST(Stop, ASecondTimeEndsAtOnce) {
  TestGateway gateway = serving();
  gateway->on_stop(gateway.now());
  gateway->on_stop(gateway.now());
  EXPECT_THAT(gateway.poll(), Contains("phase stopped"));
}

TEST(Stop, WatchesEndpointsUntilTheEnd) {
  TestGateway gateway = serving();
  gateway->on_stop(gateway.now());
  gateway.answer_probes({"10.0.0.2:80"});
  gateway.at(8000);
  gateway.holds({{EndpointSlot{0}, 5}});
  EXPECT_THAT(gateway.state("web", "10.0.0.2:80"), StartsWith("down"));
}

TEST(Stop, FlowsThatEndWhileWithdrawingEndNothing) {
  TestGateway gateway = serving();
  gateway->on_stop(gateway.now());
  gateway.holds({});
  EXPECT_EQ(gateway->phase(), Phase::withdrawing);
}

// ---- two gateways in one process

TEST(TwoGateways, WantTheSameSnapshotAndSeeHealthEachForItself) {
  TestGateway one(web_model(), {.random_seed = 1});
  TestGateway other(web_model(), {.random_seed = 2});
  one.answer_probes({});
  other.answer_probes({"10.0.0.1:80"});
  one.poll();
  other.poll();
  EXPECT_EQ(one.desired(), other.desired());
  one.at(5000);
  other.at(5000);
  EXPECT_EQ(one.fit("web"), 2u);
  EXPECT_EQ(other.fit("web"), 1u);
  EXPECT_EQ(one.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_EQ(other.state("web", "10.0.0.1:80"), "down: first probe failed: connection refused");
  one->on_stop(one.now());
  one.poll();
  EXPECT_EQ(other->phase(), Phase::starting);
  EXPECT_THAT(other.poll(), Each(Not(HasSubstr("phase"))));
}

}  // namespace
}  // namespace weft::mgmt
