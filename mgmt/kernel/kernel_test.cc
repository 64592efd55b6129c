// Kernel against a real kernel: "edge" stands for a twin, and is one end of a cable to a peer.
#include "mgmt/kernel/kernel.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>

#include <chrono>

#include "tests/network_namespace.h"

namespace weft::mgmt {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}
IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}

class KernelTest : public testing::Test {
 protected:
  KernelTest() {
    connect(host, peer, {.left = "edge", .right = "eth0"});
    peer.expect("ip addr add 10.0.0.1/24 dev eth0; ip addr add fd00::1/64 dev eth0 nodad");
    host.expect("ip link set edge down");
    kernel = open({"edge"});
  }

  std::unique_ptr<Kernel> open(std::vector<std::string> twins) const {
    const auto inside = host.enter();
    auto opened = Kernel::open(std::move(twins));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  Result<void> apply(const KernelPlan& plan) {
    const auto inside = host.enter();
    return kernel->apply(plan);
  }
  void apply_well(const KernelPlan& plan) {
    const auto done = apply(plan);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  }

  // Processes events until the view is as wanted; false when that takes 20 s.
  bool becomes(const std::function<bool(const KernelView&)>& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!wanted(kernel->view())) {
      pollfd waiting = {.fd = kernel->fd(), .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, 1000) > 0) kernel->process_events();
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  static KernelPlan plan() {
    KernelPlan plan;
    plan.twins = {{.name = "edge", .addresses = {{ip("10.0.0.254"), 24}, {ip("fd00::254"), 64}}}};
    return plan;
  }
  std::string addresses() { return host.expect("ip -o addr show dev edge | grep -v fe80"); }

  NetworkNamespace host;
  NetworkNamespace peer;
  std::unique_ptr<Kernel> kernel;
};

TEST_F(KernelTest, ATwinThatIsNotThereIsAnError) {
  const auto inside = host.enter();
  const auto opened = Kernel::open({"edge", "nosuch0"});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message, "there is no twin \"nosuch0\"");
}

TEST_F(KernelTest, TheFirstViewIsTheKernels) {
  host.expect("ip link set edge up mtu 1400; ip addr add 10.0.0.254/24 dev edge");
  host.expect("ip addr add fd00::254/64 dev edge nodad");
  kernel = open({"edge"});
  const KernelLink& link = kernel->view().links.at(0);
  EXPECT_TRUE(link.up);
  EXPECT_EQ(link.mtu_bytes, 1400u);
  const std::string mac =
      fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", link.mac[0], link.mac[1],
                  link.mac[2], link.mac[3], link.mac[4], link.mac[5]);
  EXPECT_THAT(host.expect("ip link show edge"), HasSubstr(mac));
  EXPECT_THAT(link.addresses, ElementsAre(ip("10.0.0.254"), ip("fd00::254")));
  const KernelRoute on_link = {.to = prefix("10.0.0.0/24"), .interface = 0};
  EXPECT_THAT(kernel->view().routes, Contains(on_link));
}

TEST_F(KernelTest, LinkStateFollowsUpDownAndCarrier) {
  EXPECT_FALSE(kernel->view().links[0].up);
  apply_well(plan());
  EXPECT_TRUE(becomes([](const auto& view) { return view.links[0].up; }));
  peer.expect("ip link set eth0 down");
  EXPECT_TRUE(becomes([](const auto& view) { return !view.links[0].up; }));
  peer.expect("ip link set eth0 up");
  EXPECT_TRUE(becomes([](const auto& view) { return view.links[0].up; }));
}

TEST_F(KernelTest, AddressesAndRoutesArePutOnTheTwinAndSeen) {
  KernelPlan wanted = plan();
  wanted.twins[0].routes = {{prefix("0.0.0.0/0"), ip("10.0.0.1")},
                            {prefix("fd01::/16"), ip("fd00::1")}};
  apply_well(wanted);
  EXPECT_TRUE(becomes([](const auto& view) {
    return view.links[0].addresses == std::vector{ip("10.0.0.254"), ip("fd00::254")};
  }));
  const KernelRoute by_default = {prefix("0.0.0.0/0"), 0, ip("10.0.0.1"), 0, 0};
  EXPECT_TRUE(becomes([&](const auto& view) {
    return std::ranges::count(view.routes, by_default) == 1 &&
           std::ranges::any_of(view.routes, [](const KernelRoute& route) {
             return route.to == prefix("fd01::/16") && route.gateway == ip("fd00::1");
           });
  }));
  EXPECT_EQ(host.run("ping -n -c 1 -W 10 10.0.0.1").exit_code, 0);
  EXPECT_EQ(host.run("ping -n -c 1 -W 10 fd00::1").exit_code, 0);
}

TEST_F(KernelTest, ApplyingTwiceChangesNothing) {
  KernelPlan wanted = plan();
  wanted.twins[0].worker_addresses = {ip("10.0.0.10"), ip("fd00::10")};
  wanted.twins[0].routes = {{prefix("0.0.0.0/0"), ip("10.0.0.1")}};
  wanted.announcements = {{prefix("10.0.0.10"), 0}};
  apply_well(wanted);
  // The kernel gives the twin a link-local address of its own, and takes a moment over it.
  host.expect(
      "until ip -o addr show dev edge | grep -q fe80 && "
      "! ip -o addr show dev edge | grep -q tentative; do :; done");
  const std::string state = "ip -o addr show dev edge; ip route show table all; ip -6 route";
  const std::string before = host.expect(state);
  Program monitor = host.start({"ip", "monitor", "address", "route"});
  apply_well(wanted);
  EXPECT_EQ(host.expect(state), before);
  // Whatever the second apply did stands before this.
  host.expect("ip addr add 192.0.2.1/32 dev lo");
  EXPECT_THAT(monitor.wait_for(""), HasSubstr("192.0.2.1"));
}

TEST_F(KernelTest, WhatIsNoLongerPlannedIsRemovedAndNothingElse) {
  KernelPlan wanted = plan();
  wanted.twins[0].addresses.push_back({ip("10.0.0.253"), 24});
  wanted.twins[0].worker_addresses = {ip("10.0.0.10")};
  wanted.twins[0].routes = {{prefix("198.51.100.0/24"), ip("10.0.0.1")}};
  apply_well(wanted);
  host.expect("ip addr add 10.0.0.77/24 dev edge; ip route add 192.0.2.0/24 via 10.0.0.1");
  wanted = plan();
  wanted.twins[0].addresses = {{ip("10.0.0.253"), 24}};  // the first goes, and takes none with it
  apply_well(wanted);
  EXPECT_THAT(addresses(), HasSubstr("10.0.0.253/24"));
  EXPECT_THAT(addresses(), HasSubstr("10.0.0.77/24"));
  EXPECT_THAT(addresses(), Not(HasSubstr("10.0.0.254")));
  EXPECT_THAT(addresses(), Not(HasSubstr("fd00::254")));
  EXPECT_THAT(addresses(), Not(HasSubstr("10.0.0.10/")));
  EXPECT_THAT(host.expect("ip route"), HasSubstr("192.0.2.0/24"));
  EXPECT_THAT(host.expect("ip route"), Not(HasSubstr("198.51.100.0/24")));
}

TEST_F(KernelTest, WorkerAddressesAreAnsweredAndNeverASource) {
  KernelPlan wanted = plan();
  wanted.twins[0].worker_addresses = {ip("10.0.0.10"), ip("fd00::10")};
  wanted.twins[0].routes = {{prefix("0.0.0.0/0"), ip("10.0.0.1")}, {prefix("::/0"), ip("fd00::1")}};
  apply_well(wanted);
  EXPECT_EQ(peer.run("ping -n -c 1 -W 10 10.0.0.10").exit_code, 0);
  EXPECT_EQ(peer.run("ping -n -c 1 -W 10 fd00::10").exit_code, 0);
  for (const char* to : {"10.0.0.1", "203.0.113.9"}) {
    EXPECT_THAT(host.expect(fmt::format("ip route get {}", to)), HasSubstr("src 10.0.0.254"));
  }
  for (const char* to : {"fd00::1", "2001:db8::9"}) {
    EXPECT_THAT(host.expect(fmt::format("ip route get {}", to)), HasSubstr("src fd00::254"));
  }
  EXPECT_TRUE(becomes([](const auto& view) {
    return view.links[0].addresses == std::vector{ip("10.0.0.254"), ip("fd00::254")};
  })) << "a worker's address is not the interface's own";
}

// Without an address of its own the kernel has no source at all, rather than a worker's.
TEST_F(KernelTest, WorkerAddressesAloneAreNoSource) {
  KernelPlan wanted = plan();
  wanted.twins[0].addresses.clear();
  wanted.twins[0].worker_addresses = {ip("10.0.0.10")};
  apply_well(wanted);
  host.expect("ip route add 203.0.113.0/24 dev edge");
  EXPECT_THAT(host.expect("ip route get 203.0.113.9"), Not(HasSubstr("src 10.0.0.10")));
}

TEST_F(KernelTest, NeighboursAreResolvedOnRequestAndSeenWhileUsable) {
  apply_well(plan());
  const auto has = [](const char* address) {
    return [address](const KernelView& view) {
      return std::ranges::any_of(view.neighbours, [&](const KernelNeighbour& neighbour) {
        return neighbour.address == ip(address) && neighbour.interface == 0;
      });
    };
  };
  EXPECT_FALSE(has("10.0.0.1")(kernel->view()));
  kernel->resolve(0, ip("10.0.0.1"));
  kernel->resolve(0, ip("fd00::1"));
  EXPECT_TRUE(becomes(has("10.0.0.1")));
  EXPECT_TRUE(becomes(has("fd00::1")));
  const std::string mac = peer.expect("cat /sys/class/net/eth0/address 2>/dev/null || true");
  host.expect("ip neigh change 10.0.0.1 dev edge nud stale");
  kernel->process_events();
  EXPECT_TRUE(has("10.0.0.1")(kernel->view())) << "stale is usable";
  host.expect("ip neigh change 10.0.0.1 dev edge nud failed");
  EXPECT_TRUE(becomes([&](const auto& view) { return !has("10.0.0.1")(view); }));
  kernel->resolve(0, ip("10.0.0.1"));
  EXPECT_TRUE(becomes(has("10.0.0.1")));
}

TEST_F(KernelTest, ANeighboursNewLinkAddressIsSeen) {
  apply_well(plan());
  kernel->resolve(0, ip("10.0.0.1"));
  ASSERT_TRUE(becomes([](const auto& view) { return view.neighbours.size() == 1; }));
  peer.expect("ip link set eth0 address 02:00:00:00:00:77");
  peer.expect("ping -n -c 1 -W 10 -I 10.0.0.1 10.0.0.254");
  kernel->resolve(0, ip("10.0.0.1"));
  EXPECT_TRUE(becomes([](const auto& view) {
    return std::ranges::any_of(view.neighbours, [](const KernelNeighbour& neighbour) {
      return neighbour.address == ip("10.0.0.1") && neighbour.mac[5] == 0x77;
    });
  }));
}

TEST_F(KernelTest, RoutesAreOrderedAndOthersLeftOut) {
  apply_well(plan());
  host.expect("ip route add 192.0.2.0/24 via 10.0.0.3 metric 20");
  host.expect("ip route add 192.0.2.0/24 via 10.0.0.2 metric 10 mtu 1300");
  host.expect("ip route add blackhole 198.51.100.0/24");
  host.expect("ip route add 198.51.100.0/25 via 10.0.0.2 table 5");
  host.expect("ip link add other type veth peer name other-end; ip link set other up");
  host.expect("ip addr add 172.16.0.1/24 dev other");
  host.expect("ip route add 203.0.113.0/24 nexthop via 10.0.0.4 nexthop via 10.0.0.5");
  const auto routes_to = [](const KernelView& view, const char* to) {
    std::vector<KernelRoute> found;
    std::ranges::copy_if(view.routes, std::back_inserter(found),
                         [&](const KernelRoute& route) { return route.to == prefix(to); });
    return found;
  };
  EXPECT_TRUE(
      becomes([&](const auto& view) { return routes_to(view, "203.0.113.0/24").size() == 2; }));
  const KernelView& view = kernel->view();
  EXPECT_THAT(routes_to(view, "192.0.2.0/24"),
              ElementsAre(KernelRoute{prefix("192.0.2.0/24"), 0, ip("10.0.0.2"), 10, 1300},
                          KernelRoute{prefix("192.0.2.0/24"), 0, ip("10.0.0.3"), 20, 0}));
  EXPECT_THAT(routes_to(view, "198.51.100.0/24"), IsEmpty());
  EXPECT_THAT(routes_to(view, "198.51.100.0/25"), IsEmpty());
  EXPECT_THAT(routes_to(view, "172.16.0.0/24"), IsEmpty());
  EXPECT_THAT(routes_to(view, "fe80::/64"), IsEmpty());
  EXPECT_TRUE(std::ranges::is_sorted(view.routes, {}, &KernelRoute::to));
}

// The kernel takes such routes away without a word.
TEST_F(KernelTest, RoutesOfALinkThatGoesDownAreGone) {
  KernelPlan wanted = plan();
  wanted.twins[0].routes = {{prefix("0.0.0.0/0"), ip("10.0.0.1")}};
  apply_well(wanted);
  const auto has_default = [](const KernelView& view) {
    return std::ranges::any_of(view.routes,
                               [](const auto& route) { return route.to == prefix("0.0.0.0/0"); });
  };
  EXPECT_TRUE(becomes(has_default));
  host.expect("ip link set edge down");
  EXPECT_TRUE(becomes([&](const auto& view) { return !has_default(view); }));
  apply_well(wanted);
  EXPECT_TRUE(becomes(has_default)) << "apply puts them back";
}

TEST_F(KernelTest, AnnouncementsAreRoutesOfTheirOwnTable) {
  KernelPlan wanted = plan();
  wanted.announcements = {{prefix("203.0.113.10"), 0}, {prefix("2001:db8::/64"), 0}};
  apply_well(wanted);
  const std::string table = "ip route show table 87; ip -6 route show table 87";
  EXPECT_THAT(host.expect(table), HasSubstr("203.0.113.10 dev edge proto 87"));
  EXPECT_THAT(host.expect(table), HasSubstr("2001:db8::/64 dev edge proto 87"));
  EXPECT_NE(host.run("ip route get 203.0.113.10").exit_code, 0) << "no rule looks there";
  wanted.announcements.pop_back();
  apply_well(wanted);
  EXPECT_THAT(host.expect(table), HasSubstr("203.0.113.10"));
  EXPECT_THAT(host.expect(table), Not(HasSubstr("2001:db8::")));
  apply_well(plan());
  EXPECT_THAT(host.run(table).output, Not(HasSubstr("dev edge")));
}

TEST_F(KernelTest, WhatTheKernelRefusesIsOneSentenceAndTheRestIsDone) {
  KernelPlan wanted = plan();
  wanted.twins[0].routes = {{prefix("198.51.100.0/24"), ip("172.16.0.9")},
                            {prefix("192.0.2.0/24"), ip("10.0.0.1")}};
  wanted.announcements = {{prefix("203.0.113.10"), 0}};
  const auto refused = apply(wanted);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              HasSubstr("the kernel refuses the route to 198.51.100.0/24 via 172.16.0.9: "));
  EXPECT_THAT(host.expect("ip route"), HasSubstr("192.0.2.0/24 via 10.0.0.1"));
  EXPECT_THAT(host.expect("ip route show table 87"), HasSubstr("203.0.113.10"));
}

TEST_F(KernelTest, LostNotificationsLoseNoTruth) {
  apply_well(plan());
  kernel->process_events();
  // More than the socket holds.
  host.expect(
      "python3 -c \"for i in range(8192): print('neigh add 10.9.%d.%d lladdr 02:00:00:00:00:09 dev "
      "edge nud permanent' % (i / 256, i % 256))\" | ip -batch -");
  kernel->process_events();
  EXPECT_THAT(kernel->view().neighbours, SizeIs(32 * 256));
  EXPECT_TRUE(std::ranges::is_sorted(kernel->view().neighbours, {}, &KernelNeighbour::address));
}

TEST_F(KernelTest, TheCallbackComesOnceForManyEventsAndNeverForNone) {
  apply_well(plan());
  kernel->process_events();
  int calls = 0;
  kernel->on_change([&](const KernelView&) { ++calls; });
  kernel->process_events();
  EXPECT_EQ(calls, 0);
  host.expect("ip route add 192.0.2.0/24 via 10.0.0.1; ip route add 192.0.3.0/24 via 10.0.0.1");
  kernel->process_events();
  EXPECT_EQ(calls, 1);
  host.expect("ip route add 198.51.100.0/25 via 10.0.0.1 table 5");
  kernel->process_events();
  EXPECT_EQ(calls, 1);
}

TEST_F(KernelTest, TwoGatewaysInOneNamespaceLeaveEachOtherAlone) {
  host.expect("ip link add inside type veth peer name inside-end; ip link set inside-end up");
  const auto second = open({"inside"});
  KernelPlan first_plan = plan();
  first_plan.announcements = {{prefix("203.0.113.10"), 0}};
  KernelPlan second_plan;
  second_plan.twins = {{.name = "inside", .addresses = {{ip("10.1.0.1"), 16}}}};
  second_plan.announcements = {{prefix("203.0.113.10"), 0}};
  apply_well(first_plan);
  {
    const auto inside = host.enter();
    EXPECT_TRUE(second->apply(second_plan).has_value());
  }
  const std::string table = "ip route show table 87";
  EXPECT_THAT(host.expect(table), HasSubstr("203.0.113.10 dev edge"));
  EXPECT_THAT(host.expect(table), HasSubstr("203.0.113.10 dev inside"));
  apply_well(plan());
  EXPECT_THAT(host.expect(table), HasSubstr("203.0.113.10 dev inside"));
  EXPECT_THAT(host.expect("ip addr show dev inside"), HasSubstr("10.1.0.1/16"));
}

TEST_F(KernelTest, ATwinThatIsMadeAnewIsSetUpAnew) {
  apply_well(plan());
  host.expect("ip link del edge");
  EXPECT_TRUE(becomes([](const auto& view) { return view.links[0].mtu_bytes == 0; }));
  const auto refused = apply(plan());
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("there is no such interface"));
  connect(host, peer, {.left = "edge", .right = "eth9"});
  EXPECT_TRUE(becomes([](const auto& view) { return view.links[0].up; }));
  apply_well(plan());
  EXPECT_THAT(addresses(), HasSubstr("10.0.0.254/24"));
}

TEST_F(KernelTest, ArpIsAnsweredOnlyForTheTwinsOwnAddresses) {
  apply_well(plan());
  host.expect(
      "ip link add other type dummy 2>/dev/null || ip link add other type veth peer name o");
  host.expect("ip addr add 10.0.0.200/32 dev other; ip link set other up");
  peer.expect(
      "sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=1 net.ipv4.neigh.eth0.retrans_time_ms=200");
  EXPECT_NE(peer.run("ping -n -c 1 -W 2 10.0.0.200").exit_code, 0);
  EXPECT_EQ(peer.run("ping -n -c 1 -W 10 10.0.0.254").exit_code, 0);
}

TEST_F(KernelTest, WhatGoesToProbeAddressesLeavesByTheTwinAndIsNotSeen) {
  apply_well(plan());
  kernel->process_events();
  const KernelView before = kernel->view();
  KernelPlan probing = plan();
  probing.twins[0].worker_addresses = {ip("240.0.0.1"), ip("fd77::1")};
  probing.twins[0].probes = {{prefix("240.0.0.0/11"), ip("240.0.0.2"), 1},
                             {prefix("fd77::/64"), ip("fe80::70"), 1}};
  for (int again = 0; again < 2; ++again) {
    apply_well(probing);
    const std::string way = host.expect("ip route get 240.1.2.3 from 240.0.0.1");
    EXPECT_THAT(way, HasSubstr("via 240.0.0.2 dev edge"));
    EXPECT_THAT(way, HasSubstr("mtu 1280"));
    EXPECT_THAT(host.expect("ip -6 route get fd77::1:2 from fd77::1"),
                HasSubstr("via fe80::70 dev edge"));
    EXPECT_THAT(host.expect("ip neigh show dev edge nud permanent"),
                testing::AllOf(HasSubstr("240.0.0.2"), HasSubstr("fe80::70")));
  }
  kernel->process_events();
  EXPECT_EQ(kernel->view().routes, before.routes);
  EXPECT_EQ(kernel->view().neighbours, before.neighbours);
  EXPECT_EQ(kernel->view().links, before.links);
  host.expect("ping -n -c 1 -W 1 -I 240.0.0.1 240.0.0.17 >/dev/null; true");
  EXPECT_THAT(host.expect("ip neigh show dev edge"), Not(HasSubstr("240.0.0.17")));

  apply_well(plan());
  EXPECT_THAT(host.expect("ip neigh show dev edge nud permanent"), IsEmpty());
  EXPECT_THAT(host.expect("ip route; ip -6 route; ip addr"),
              Not(testing::AnyOf(HasSubstr("240.0.0"), HasSubstr("fd77::"))));
}

TEST_F(KernelTest, ProbesTakeTheFirstTwinWhoseLinkIsUp) {
  host.expect("ip link add mesh type veth peer name mesh-end; ip link set mesh-end up");
  kernel = open({"edge", "mesh"});
  KernelPlan probing = plan();
  probing.twins.push_back({.name = "mesh", .addresses = {{ip("10.1.0.1"), 16}}});
  probing.twins[0].worker_addresses = {ip("240.0.0.1"), ip("fd77::1")};
  for (uint32_t i = 0; i < 2; ++i) {
    probing.twins[i].probes = {{prefix("240.0.0.0/11"), ip("240.0.0.2"), i + 1},
                               {prefix("fd77::/64"), ip("fe80::70"), i + 1}};
  }
  apply_well(probing);
  EXPECT_TRUE(becomes([](const auto& view) { return view.links[0].up && view.links[1].up; }));
  const std::string to4 = "ip route get 240.1.2.3 from 240.0.0.1";
  const std::string to6 = "ip -6 route get fd77::1:2 from fd77::1";
  EXPECT_THAT(host.expect(to4), HasSubstr("dev edge"));
  EXPECT_THAT(host.expect(to6), HasSubstr("dev edge"));
  peer.expect("ip link set eth0 down");
  EXPECT_TRUE(becomes([](const auto& view) { return !view.links[0].up; }));
  EXPECT_THAT(host.expect(to4), HasSubstr("dev mesh"));
  EXPECT_THAT(host.expect(to6), HasSubstr("dev mesh"));
}

}  // namespace
}  // namespace weft::mgmt
