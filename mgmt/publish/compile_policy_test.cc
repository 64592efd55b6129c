#include "mgmt/publish/compile_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::ip;
using test::prefix;
using test::small_mesh;

std::shared_ptr<const PolicyPart> policy(const Desired& desired) {
  return compile_policy(desired, {});
}

AddressOwner owner(const PolicyPart& policy, std::string_view address) {
  const AddressOwner* found = policy.listeners.owners.find(ip(address));
  return found == nullptr ? AddressOwner::nobody : *found;
}

TEST(CompilePolicy, AListenerOfOneAddressAndPortIsFoundExactly) {
  Desired desired = small_mesh();
  desired.listeners[0].settings.hash = HashOn::source;
  EXPECT_FALSE(policy(desired)->clamps_mss);
  desired.listeners[0].settings.udp = UdpChoice::per_packet;
  desired.listeners[0].settings.mss_clamp_bytes = 1400;
  const auto part = policy(desired);
  EXPECT_TRUE(part->clamps_mss);
  const ListenerKey key{ip("203.0.113.10"), be16(80), Protocol::tcp};
  const ListenerSlot* found = part->listeners.exact.find(key);
  ASSERT_NE(found, nullptr);
  const ListenerPolicy& listener = part->listeners.policies[index(*found)];
  EXPECT_EQ(listener.id, (ListenerId{ListenerSlot{0}, 1}));
  EXPECT_EQ(listener.cluster, ClusterSlot{0});
  EXPECT_EQ(listener.forward, Forward::nat);
  EXPECT_EQ(listener.hash, HashOn::source);
  EXPECT_EQ(listener.udp, UdpChoice::per_packet);
  EXPECT_EQ(listener.mss_clamp_bytes, 1400);
  EXPECT_TRUE(part->listeners.ranges.empty());
  EXPECT_EQ(part->listeners.exact.find({ip("203.0.113.10"), be16(80), Protocol::udp}), nullptr);
}

TEST(CompilePolicy, AListenerReadsQuicConnectionIdsByItsConfigurations) {
  Desired desired = small_mesh();
  const auto without = policy(desired);
  EXPECT_FALSE(without->listeners.any_quic);
  EXPECT_EQ(without->listeners.policies[0].quic, nullptr);
  desired.listeners[0].settings.quic = {{.rotation = 1, .server_id_bytes = 1, .nonce_bytes = 4}};
  const auto part = policy(desired);
  EXPECT_TRUE(part->listeners.any_quic);
  std::array<std::byte, 6> id{};
  EXPECT_FALSE(part->listeners.policies[0].quic->decode(id));
  id[0] = std::byte{0x20};
  EXPECT_TRUE(part->listeners.policies[0].quic->decode(id));
}

TEST(CompilePolicy, RangesOfOnePrefixComeNarrowestFirst) {
  Desired desired = small_mesh();
  const auto add = [&](uint32_t slot, std::string_view to, uint16_t first, uint16_t last) {
    desired.listeners.push_back(test::listener(slot, to, first, 0));
    desired.listeners.back().settings.last_port = last;
  };
  add(1, "198.51.100.0/24", 1, 65535);
  add(2, "198.51.100.0/24", 8000, 8099);
  add(3, "198.51.100.0/24", 443, 443);
  add(4, "198.51.100.7", 8000, 8001);
  const auto part = policy(desired);
  const auto* wide = part->listeners.ranges.find(ip("198.51.100.8"));
  ASSERT_NE(wide, nullptr);
  std::vector<uint32_t> order;
  for (const ListenerRange& range : *wide) order.push_back(index(range.listener));
  EXPECT_EQ(order, (std::vector<uint32_t>{3, 2, 1}));
  const auto* narrow = part->listeners.ranges.find(ip("198.51.100.7"));
  ASSERT_NE(narrow, nullptr);
  EXPECT_EQ((*narrow)[0].listener, ListenerSlot{4});
}

TEST(CompilePolicy, SlotsWithoutAListenerAreAbsent) {
  Desired desired = small_mesh();
  desired.listeners[0].id.slot = ListenerSlot{3};
  const auto part = policy(desired);
  EXPECT_TRUE(part->listeners.present(ListenerSlot{3}));
  EXPECT_FALSE(part->listeners.present(ListenerSlot{0}));
  EXPECT_FALSE(part->listeners.present(ListenerSlot{4}));
}

TEST(CompilePolicy, EveryAddressHasItsOwner) {
  Desired desired = small_mesh();
  desired.interfaces[0].source_addresses = {prefix("10.0.0.240/29")};
  desired.listeners.push_back(test::listener(1, "198.51.100.0/24", 80, 0));
  desired.kernel.links[0].addresses.push_back(ip("198.51.100.1"));  // a VRRP daemon's
  const auto part = policy(desired);
  EXPECT_EQ(owner(*part, "203.0.113.10"), AddressOwner::listener);
  EXPECT_EQ(owner(*part, "203.0.113.11"), AddressOwner::nobody);
  EXPECT_EQ(owner(*part, "198.51.100.9"), AddressOwner::listener);
  EXPECT_EQ(owner(*part, "198.51.100.1"), AddressOwner::host);
  EXPECT_EQ(owner(*part, "10.0.0.254"), AddressOwner::host);
  EXPECT_EQ(owner(*part, "10.0.0.241"), AddressOwner::source_addresses);
  EXPECT_EQ(owner(*part, "10.0.0.1"), AddressOwner::nobody);
}

TEST(CompilePolicy, WhatTheKernelAlwaysTakesIsTheHosts) {
  const auto part = policy(small_mesh());
  EXPECT_EQ(owner(*part, "224.0.0.18"), AddressOwner::host) << "VRRP";
  EXPECT_EQ(owner(*part, "255.255.255.255"), AddressOwner::host);
  EXPECT_EQ(owner(*part, "10.0.0.255"), AddressOwner::host) << "the subnet's broadcast";
  EXPECT_EQ(owner(*part, "ff02::1"), AddressOwner::host);
  EXPECT_EQ(owner(*part, "fe80::1"), AddressOwner::host);
}

TEST(CompilePolicy, APointToPointSubnetHasNoBroadcast) {
  Desired desired = small_mesh();
  desired.interfaces[0].addresses = {{ip("10.9.0.0"), 31}};
  EXPECT_EQ(owner(*policy(desired), "10.9.0.1"), AddressOwner::nobody);
}

TEST(CompilePolicy, AListenersAddressStaysTheWorkersThoughTheTwinAnswersForIt) {
  Desired desired = small_mesh();
  desired.kernel.links[0].addresses.push_back(ip("203.0.113.10"));
  EXPECT_EQ(owner(*policy(desired), "203.0.113.10"), AddressOwner::listener);
}

TEST(CompilePolicy, TimeoutsTransitAndWorkersAreTakenOver) {
  Desired desired = small_mesh();
  desired.transit = Transit::twin;
  desired.worker_weights = {1, 1, 1};
  desired.flows.new_flows_per_s_max = 77;
  const auto part = policy(desired);
  EXPECT_EQ(part->transit, Transit::twin);
  EXPECT_EQ(part->timeouts.half_open, milliseconds(1000));
  EXPECT_EQ(part->timeouts.established, milliseconds(2000));
  EXPECT_EQ(part->timeouts.closing, milliseconds(3000));
  EXPECT_EQ(part->timeouts.udp, milliseconds(4000));
  EXPECT_EQ(part->workers, 3u);
  EXPECT_EQ(part->new_flows_per_s_max, 77u) << "of each worker";
  EXPECT_EQ(part->hash_seed, 7u);
  for (uint8_t worker : {0, 1, 2}) {
    EXPECT_NEAR(std::ranges::count(part->steering, worker), 1024 / 3, 1);
    EXPECT_EQ(part->shares[worker].rounded_up(300), 100u);
  }
}

PrefixListSettings list(std::string name, std::string_view of) {
  const std::array prefixes = {prefix(of)};
  return {std::move(name), std::make_shared<const PrefixSet>(prefixes)};
}

TEST(CompilePolicy, AListenerHasTheListsThatItNames) {
  Desired desired = small_mesh();
  desired.prefix_lists = {list("office", "192.0.2.0/24"), list("scanners", "198.51.100.0/24"),
                          list("unused", "0.0.0.0/0")};
  EXPECT_FALSE(policy(desired)->asks_sources);
  desired.listeners.push_back(test::listener(1, "198.51.100.7", 80, 0));
  desired.listeners[1].settings.allow = {"office"};
  desired.listeners[1].settings.deny = {"scanners", "office"};
  const auto part = policy(desired);
  EXPECT_TRUE(part->asks_sources);
  EXPECT_EQ(part->listeners.policies[0].admission, nullptr);
  const Admission& admission = *part->listeners.policies[1].admission;
  const auto& lists = desired.prefix_lists;
  EXPECT_EQ(admission.allow, std::vector{lists[0].prefixes}) << "shared, not built anew";
  EXPECT_EQ(admission.deny, (std::vector{lists[1].prefixes, lists[0].prefixes}));
}

TEST(CompilePolicy, WorkersOwnFlowsByTheirWeights) {
  Desired desired = small_mesh();
  desired.worker_weights = {512, 1536};
  const auto part = policy(desired);
  EXPECT_EQ(std::ranges::count(part->steering, 0), 256);
  EXPECT_EQ(part->shares[0].rounded_up(100), 25u);
  EXPECT_EQ(part->shares[1].rounded_up(100), 75u);
}

TEST(CompilePolicy, AListenerHasItsLimits) {
  Desired desired = small_mesh();
  EXPECT_EQ(policy(desired)->listeners.policies[0].admission, nullptr);
  ListenerSettings& listener = desired.listeners[0].settings;
  listener.new_flows_per_s_max = 1000;
  listener.source_new_flows_per_s_max = 1;
  listener.flows_max = 1001;
  const auto part = policy(desired);
  EXPECT_FALSE(part->asks_sources) << "the source is asked for where a flow begins";
  const ListenerLimits& limits = part->listeners.policies[0].admission->flows;
  EXPECT_EQ(limits.new_flow_interval, milliseconds(1));
  EXPECT_EQ(limits.source_new_flow_interval, seconds(1));
  EXPECT_EQ(limits.flows_max, 1001u);
  EXPECT_EQ(limits.source_flows_max, 0u);
}

// Each of these has to reach the workers: none may be taken for no change.
TEST(CompilePolicy, EveryInputOfItMakesAnotherPart) {
  const auto base = std::make_shared<const Desired>(small_mesh());
  const Compiled previous = compile(base, {}, 1);
  const auto changed = [&](auto change) {
    Desired desired = *base;
    change(desired);
    return compile_policy(desired, previous) != previous.snapshot->policy;
  };
  EXPECT_FALSE(changed([](Desired&) {}));
  EXPECT_TRUE(changed([](Desired& d) { d.listeners[0].settings.forward = Forward::ipip; }));
  EXPECT_TRUE(changed([](Desired& d) { d.listeners[0].cluster.slot = ClusterSlot{9}; }));
  EXPECT_TRUE(changed([](Desired& d) { d.listeners[0].id.generation = 2; }));
  EXPECT_TRUE(changed([](Desired& d) { d.flows.udp_timeout_ms = seconds(9); }));
  EXPECT_TRUE(changed([](Desired& d) { d.prefix_lists = {list("office", "192.0.2.0/24")}; }));
  EXPECT_TRUE(changed([](Desired& d) { d.transit = Transit::twin; }));
  EXPECT_TRUE(changed([](Desired& d) { d.worker_weights = {1, 1}; }));
  EXPECT_TRUE(changed([](Desired& d) { d.hash_seed = 2; }));
  EXPECT_TRUE(changed([](Desired& d) { d.interfaces[0].addresses.clear(); }));
  EXPECT_TRUE(changed([](Desired& d) { d.kernel.links[0].addresses.clear(); }));
  EXPECT_FALSE(changed([](Desired& d) { d.kernel.links[0].up = false; }));
  EXPECT_FALSE(changed([](Desired& d) { d.kernel.neighbours.clear(); }));
  EXPECT_FALSE(changed([](Desired& d) { d.clusters[0].endpoints.pop_back(); }));
}

TEST(CompilePolicy, TunnelsHaveAnAddressToProbeThrough) {
  Desired desired = small_mesh();
  EXPECT_EQ(policy(desired)->probes, nullptr);
  desired.probe_ranges.v4 = ProbeRange(prefix("240.0.0.0/11"));
  desired.listeners.push_back(test::listener(2, "203.0.113.11", 80, 0, Forward::gue));
  desired.listeners.push_back(test::listener(3, "198.51.100.0/24", 80, 0, Forward::direct));
  const auto part = policy(desired);
  ASSERT_NE(part->probes, nullptr);
  EXPECT_EQ(part->probes->ranges, desired.probe_ranges);
  ASSERT_EQ(part->probes->listener_addresses.size(), 3u);
  EXPECT_EQ(part->probes->listener_addresses[0], IpAddress{});  // nat
  EXPECT_EQ(part->probes->listener_addresses[2], ip("203.0.113.11"));
}

}  // namespace
}  // namespace weft::mgmt
