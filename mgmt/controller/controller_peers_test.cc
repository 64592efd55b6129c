// Transcripts of what peers of the fleet tell: endpoints are held, or adopted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PlacedFlow flow_on(std::string_view endpoint, std::string_view listener = "203.0.113.10",
                   uint16_t listener_port = 80) {
  return {*IpAddress::parse("192.0.2.1"),
          *IpAddress::parse(listener),
          *IpAddress::parse(endpoint),
          be16(1024),
          be16(listener_port),
          be16(80)};
}

TestGateway serving() {
  TestGateway gateway(web_model());
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

// Everything published by now is what the workers read.
void settle(TestGateway& gateway, int64_t ms, std::map<EndpointSlot, uint64_t> flows = {}) {
  gateway.at(ms);
  gateway.publishes();
  gateway.holds(std::move(flows));
  gateway.at(ms + 60);
  gateway.publishes();
}

Model without_first() {
  Model model = web_model();
  model.clusters[0].endpoints.erase(model.clusters[0].endpoints.begin());
  return model;
}

TEST(ControllerPeers, AnEndpointOfAFlowIsFoundByListenerAndAddress) {
  TestGateway gateway = serving();
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.2"), gateway.now()),
            gateway.endpoint("web", "10.0.0.2:80").id.slot);
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.2", "203.0.113.99"), gateway.now()),
            none<EndpointSlot>);
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.2", "203.0.113.10", 81), gateway.now()),
            none<EndpointSlot>);
}

TEST(ControllerPeers, RangesAndPrefixesOfListenersAreMatchedAsWorkersDo) {
  Model model = web_model();
  ListenerSettings wide = listener_of("wide", "203.0.113.0/24", "other");
  wide.first_port = 1;
  wide.last_port = 65535;
  model.listeners.push_back(wide);
  model.clusters.push_back(cluster_of("other", {{"10.0.0.7", 80}}));
  TestGateway gateway(model);
  gateway.answer_probes({});
  gateway.at(1000);
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.7", "203.0.113.99", 81), gateway.now()),
            gateway.endpoint("other", "10.0.0.7:80").id.slot);
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.1"), gateway.now()),
            gateway.endpoint("web", "10.0.0.1:80").id.slot);
}

TEST(ControllerPeers, ARemovedEndpointStaysWhileFlowsOfPeersAreOnIt) {
  TestGateway gateway = serving();
  const EndpointSlot slot = gateway.endpoint("web", "10.0.0.1:80").id.slot;
  gateway->on_peers_hold({slot});
  gateway.reloads(without_first());
  settle(gateway, 2100);
  settle(gateway, 5000);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "draining: removed");
  EXPECT_THAT(gateway.desired().draining, ElementsAre(slot));
  gateway->on_peers_hold({});
  settle(gateway, 6000);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "");
  EXPECT_THAT(gateway.desired().draining, IsEmpty());
}

TEST(ControllerPeers, AnEndpointThatOnlyPeersKnowIsAdoptedUntilItsLastFlowEnds) {
  TestGateway gateway = serving();
  const EndpointSlot slot = gateway->endpoint_of(flow_on("10.0.0.9"), gateway.now());
  ASSERT_NE(slot, none<EndpointSlot>);
  gateway->on_peers_hold({slot});
  settle(gateway, 2100);
  EXPECT_EQ(gateway.state("web", "10.0.0.9:80"), "draining: removed");
  EXPECT_EQ(gateway.fit("web"), 2u);
  ASSERT_EQ(gateway.desired().clusters[0].adopted.size(), 1u);
  EXPECT_EQ(gateway.desired().clusters[0].adopted[0].id.slot, slot);
  EXPECT_EQ(gateway.desired().clusters[0].endpoints.size(), 2u);
  EXPECT_EQ(gateway->endpoint_of(flow_on("10.0.0.9"), gateway.now()), slot);
  settle(gateway, 3000, {{slot, 1}});
  gateway->on_peers_hold({});
  settle(gateway, 4000, {{slot, 1}});
  EXPECT_EQ(gateway.state("web", "10.0.0.9:80"), "draining: removed") << "it has a flow here";
  settle(gateway, 5000);
  settle(gateway, 6000);
  EXPECT_EQ(gateway.state("web", "10.0.0.9:80"), "");
  EXPECT_THAT(gateway.desired().clusters[0].adopted, IsEmpty());
  EXPECT_THAT(gateway.desired().draining, IsEmpty());
}

TEST(ControllerPeers, AnAdoptedEndpointThatIsConfiguredLaterIsOneOfTheSet) {
  TestGateway gateway = serving();
  const EndpointSlot slot = gateway->endpoint_of(flow_on("10.0.0.9"), gateway.now());
  gateway->on_peers_hold({slot});
  settle(gateway, 2100);
  Model model = web_model();
  model.clusters[0].endpoints.push_back({"10.0.0.9", 80});
  gateway.reloads(model);
  settle(gateway, 3000);
  EXPECT_THAT(gateway.desired().clusters[0].adopted, IsEmpty());
  EXPECT_THAT(gateway.desired().draining, IsEmpty());
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.9:80").state, EndpointState::healthy);
  EXPECT_EQ(gateway.fit("web"), 3u);
}

TEST(ControllerPeers, AnAdoptedEndpointThatIsDeadIsDown) {
  TestGateway gateway = serving();
  gateway.answer_probes({"10.0.0.9:80"});
  gateway->on_peers_hold({gateway->endpoint_of(flow_on("10.0.0.9"), gateway.now())});
  settle(gateway, 2100);
  EXPECT_EQ(gateway.endpoint("web", "10.0.0.9:80").state, EndpointState::down);
}

TEST(ControllerPeers, WhatCannotBeAnEndpointIsNotAdopted) {
  TestGateway gateway = serving();
  for (const char* address : {"127.0.0.1", "224.0.0.1", "0.0.0.0", "203.0.113.10"}) {
    EXPECT_EQ(gateway->endpoint_of(flow_on(address), gateway.now()), none<EndpointSlot>) << address;
  }
}

TEST(ControllerPeers, NoMoreAreAdoptedThanThereIsRoomFor) {
  TestGateway gateway = serving();
  const auto adopt = [&](uint32_t n) {
    PlacedFlow flow = flow_on("10.1.0.0");
    flow.endpoint = IpAddress::v4(be32(0x0a010000 + n));
    return gateway->endpoint_of(flow, gateway.now());
  };
  for (uint32_t n = 1; n <= adopted_endpoints_max; ++n) ASSERT_NE(adopt(n), none<EndpointSlot>);
  EXPECT_EQ(adopt(adopted_endpoints_max + 1), none<EndpointSlot>);
}

}  // namespace
}  // namespace weft::mgmt
