#include "mgmt/kernel/kernel_plan.h"

#include <gmock/gmock.h>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}
IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}
bool every(const ListenerSettings&) {
  return true;
}
bool none_ready(const ListenerSettings&) {
  return false;
}

ListenerSettings listener(const char* name, const char* address) {
  return {.name = name, .address = prefix(address), .first_port = 80, .last_port = 80};
}

// edge: 10.0.0.254/24, fd00::254/64; inside: 10.1.0.1/16.
Model model() {
  Model model;
  model.interfaces.push_back({.name = "edge",
                              .twin = "weft-edge",
                              .addresses = {{ip("10.0.0.254"), 24}, {ip("fd00::254"), 64}}});
  model.interfaces.push_back(
      {.name = "inside", .twin = "weft-inside", .addresses = {{ip("10.1.0.1"), 16}}});
  return model;
}

TEST(KernelPlan, TakesOverWhatIsTheKernels) {
  Model m = model();
  m.interfaces[0].routes = {{prefix("0.0.0.0/0"), ip("10.0.0.1")}};
  const KernelPlan plan = plan_kernel(m, every);
  ASSERT_THAT(plan.twins, SizeIs(2));
  EXPECT_EQ(plan.twins[0].name, "weft-edge");
  EXPECT_EQ(plan.twins[0].addresses, m.interfaces[0].addresses);
  EXPECT_EQ(plan.twins[0].routes, m.interfaces[0].routes);
  EXPECT_THAT(plan.twins[0].worker_addresses, IsEmpty());
}

TEST(KernelPlan, AnswersForSingleListenerAddressesWhereTheyAreOnLinkAndElseOnTheFirstTwin) {
  Model m = model();
  m.listeners = {listener("a", "10.1.0.9"),          listener("b", "10.0.0.10"),
                 listener("c", "fd00::10"),          listener("a again", "10.1.0.9"),
                 listener("routed", "203.0.113.10"), listener("prefix", "10.0.0.16/28")};
  const KernelPlan plan = plan_kernel(m, none_ready);
  EXPECT_THAT(plan.twins[0].worker_addresses,
              ElementsAre(ip("10.0.0.10"), ip("203.0.113.10"), ip("fd00::10")));
  EXPECT_THAT(plan.twins[1].worker_addresses, ElementsAre(ip("10.1.0.9")));
}

TEST(KernelPlan, AnswersForEachSourceAddressOnLink) {
  Model m = model();
  m.interfaces[0].source_addresses = {prefix("10.0.0.252/30"), prefix("192.0.2.0/30"),
                                      prefix("fd00::8/127")};
  // Not .254, which is the host's own, and not .255, the subnet's broadcast address.
  EXPECT_THAT(plan_kernel(m, every).twins[0].worker_addresses,
              ElementsAre(ip("10.0.0.252"), ip("10.0.0.253"), ip("fd00::8"), ip("fd00::9")));
}

TEST(KernelPlan, AnswersForNoMoreThanTheBound) {
  Model m = model();
  m.interfaces[1].source_addresses = {prefix("10.1.4.0/24")};
  EXPECT_THAT(plan_kernel(m, every).twins[1].worker_addresses, SizeIs(answered_addresses_max));
  m.interfaces[1].source_addresses = {prefix("10.1.4.0/23")};
  EXPECT_THAT(plan_kernel(m, every).twins[1].worker_addresses, IsEmpty());
  m.interfaces[0].source_addresses = {prefix("fd00::/64")};
  EXPECT_THAT(plan_kernel(m, every).twins[0].worker_addresses, IsEmpty());
}

TEST(KernelPlan, AnnouncesAnAddressWhileAListenerOnItIsReady) {
  Model m = model();
  m.listeners = {listener("http", "203.0.113.10"), listener("https", "203.0.113.10"),
                 listener("near", "10.1.0.9"), listener("range", "198.51.100.0/24")};
  EXPECT_THAT(plan_kernel(m, none_ready).announcements, IsEmpty());
  const auto ready = [](const ListenerSettings& l) {
    return l.name != "http" && l.name != "range";
  };
  EXPECT_THAT(plan_kernel(m, ready).announcements,
              testing::UnorderedElementsAre(PlannedAnnouncement{prefix("10.1.0.9"), 1},
                                            PlannedAnnouncement{prefix("203.0.113.10"), 0}));
  EXPECT_THAT(plan_kernel(m, every).announcements, SizeIs(3));
}

TEST(KernelPlan, ProbesThroughListenersLeaveByEveryTwinFromOneAddress) {
  Model m = model();
  m.gateway.probe_addresses = {prefix("240.0.0.0/11"), prefix("fd77::/64")};
  m.listeners = {listener("web", "203.0.113.10"), listener("six", "2001:db8::10")};
  m.clusters.push_back({.name = "web", .health = HealthSettings{}});
  EXPECT_THAT(plan_kernel(m, every).twins[0].probes, IsEmpty());

  m.clusters[0].health->through = "web";
  KernelPlan plan = plan_kernel(m, every);
  const PlannedProbes first{prefix("240.0.0.0/11"), ip("240.0.0.2"), 1};
  const PlannedProbes second{prefix("240.0.0.0/11"), ip("240.0.0.2"), 2};
  EXPECT_THAT(plan.twins[0].probes, ElementsAre(first));
  EXPECT_THAT(plan.twins[1].probes, ElementsAre(second));
  EXPECT_THAT(plan.twins[0].worker_addresses, testing::Contains(ip("240.0.0.1")));
  EXPECT_THAT(plan.twins[1].worker_addresses, IsEmpty());

  m.clusters[0].health->through = "six";
  plan = plan_kernel(m, every);
  EXPECT_THAT(plan.twins[0].probes,
              ElementsAre(PlannedProbes{prefix("fd77::/64"), ip("fe80::70:726f:6265"), 1}));
  EXPECT_THAT(plan.twins[0].worker_addresses, testing::Contains(ip("fd77::1")));
}

}  // namespace
}  // namespace weft::mgmt
