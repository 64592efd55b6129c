// Transcripts of probes that go through a listener.
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

// web_model() by ipip, its endpoints probed through the listener.
Model tunnel_model() {
  Model model = web_model();
  model.gateway.probe_addresses = {*IpPrefix::parse("240.0.0.0/11"),
                                   *IpPrefix::parse("fd77:6566:7400::/64")};
  model.listeners[0].forward = Forward::ipip;
  model.clusters[0].health->through = "web";
  return model;
}

std::vector<std::string> probed(const std::vector<std::string>& lines) {
  std::vector<std::string> probed;
  for (const std::string& line : lines) {
    if (line.starts_with("probe")) probed.push_back(line);
  }
  return probed;
}

TestGateway serving(Model model) {
  TestGateway gateway(std::move(model));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

TEST(ProbesThroughAListener, BeginWhenWorkersKnowTheWay) {
  TestGateway gateway(tunnel_model());
  EXPECT_THAT(probed(gateway.poll()), IsEmpty());
  EXPECT_THAT(probed(gateway.at(3000)), IsEmpty());
  gateway.publishes();
  EXPECT_THAT(probed(gateway.poll()), ElementsAre("probe 240.0.0.16:80", "probe 240.0.0.17:80"));
  const EndpointProbe& probe = gateway.probes()[1];
  EXPECT_EQ(probe.source.to_string(), "240.0.0.1");
  EXPECT_EQ(probe.service.to_string(), "203.0.113.10");
  EXPECT_EQ(gateway->status().clusters[0].probed_through, "web");
  EXPECT_EQ(gateway.desired().clusters[0].probed_through, ListenerSlot{0});

  gateway.passes("web", "10.0.0.1:80");
  gateway.fails("web", "10.0.0.2:80", "no connection in 300 ms");
  EXPECT_THAT(gateway.poll(), Contains("announce web"));
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"),
            "down: first probe failed: no connection in 300 ms");
}

TEST(ProbesThroughAListener, GoToThePortOfTheListenerOrOfTheHealthCheck) {
  Model model = tunnel_model();
  model.listeners[0] = listener_of("web", "2001:db8::10", "web");
  model.listeners[0].forward = Forward::gre;
  model.clusters[0].endpoints = {{"10.0.0.1", 8080, 1}};
  TestGateway gateway(model);
  gateway.poll();
  gateway.publishes();
  EXPECT_THAT(probed(gateway.poll()), ElementsAre("probe [fd77:6566:7400::10]:80"));

  model.clusters[0].health->port = 8081;
  TestGateway other(model);
  other.poll();
  other.publishes();
  EXPECT_THAT(probed(other.poll()), ElementsAre("probe [fd77:6566:7400::10]:8081"));
}

TEST(ProbesThroughAListener, ANewEndpointWaitsForItsSnapshotAndOthersDoNot) {
  Model model = tunnel_model();
  TestGateway gateway = serving(model);
  model.clusters[0].endpoints.push_back({"10.0.0.3", 80, 1});
  gateway.reloads(model);
  std::vector<std::string> lines = gateway.at(4000);
  EXPECT_THAT(probed(lines), Contains("probe 240.0.0.16:80"));
  EXPECT_THAT(probed(lines), Each(Not(HasSubstr("240.0.0.18"))));
  gateway.publishes();
  EXPECT_THAT(probed(gateway.poll()), ElementsAre("probe 240.0.0.18:80"));
}

TEST(ProbesThroughAListener, ANewWayBeginsAnewAndKeepsTheStates) {
  Model model = web_model();
  model.gateway = tunnel_model().gateway;
  TestGateway gateway = serving(model);
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  gateway.reloads(tunnel_model());
  EXPECT_THAT(probed(gateway.at(4000)), IsEmpty());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  gateway.publishes();
  EXPECT_THAT(probed(gateway.poll()), ElementsAre("probe 240.0.0.16:80", "probe 240.0.0.17:80"));

  gateway.reloads(model);
  EXPECT_THAT(probed(gateway.poll()), ElementsAre("probe 10.0.0.1:80", "probe 10.0.0.2:80"));
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: first probe passed");
  EXPECT_EQ(gateway->status().clusters[0].probed_through, "");
}

TEST(ProbesThroughAListener, ARemovedEndpointIsProbedOnWhileItDrains) {
  Model model = tunnel_model();
  TestGateway gateway = serving(model);
  gateway.holds({{EndpointSlot{1}, 5}});
  model.clusters[0].endpoints.pop_back();
  gateway.reloads(model);
  gateway.poll();
  gateway.publishes();
  gateway.holds({{EndpointSlot{1}, 5}});
  EXPECT_THAT(probed(gateway.at(4000)), Contains("probe 240.0.0.17:80"));
  EXPECT_EQ(gateway.state("web", "10.0.0.2:80"), "draining: removed");
}

TEST(ProbesThroughAListener, HealthChecksTakenOutEndTheWait) {
  Model model = tunnel_model();
  TestGateway gateway(model);
  gateway.poll();
  model.clusters[0].health.reset();
  gateway.reloads(model);
  gateway.poll();
  gateway.publishes();
  EXPECT_THAT(probed(gateway.at(5000)), IsEmpty());
  EXPECT_EQ(gateway.state("web", "10.0.0.1:80"), "healthy: no health check");
}

}  // namespace
}  // namespace weft::mgmt
