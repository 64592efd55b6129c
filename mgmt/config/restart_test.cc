#include <gmock/gmock.h>

#include <functional>

#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Model base() {
  return *load(R"(
[gateway]
hash_seed = "s"
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[interface]]
name = "inner"
device = "af_xdp:eth2"
[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
)",
               "weft.toml", test_host);
}

std::vector<std::string> changed_by(const std::function<void(Model&)>& change) {
  Model now = base();
  change(now);
  return restart_keys_changed(base(), now);
}

TEST(RestartKeys, NothingChanged) {
  EXPECT_THAT(restart_keys_changed(base(), base()), IsEmpty());
}

TEST(RestartKeys, WhatAReloadTakes) {
  EXPECT_THAT(changed_by([](Model& m) {
                m.gateway.transit = Transit::twin;
                m.gateway.nat_return = NatReturn::symmetric;
                m.gateway.withdraw_ms = milliseconds(1);
                m.gateway.drain_timeout_ms = milliseconds(1);
                m.gateway.ready_after_ms = milliseconds(1);
                m.gateway.generations_max = 3;
                m.flows.udp_timeout_ms = milliseconds(5000);
                m.log.level = "debug";
                m.listeners[0].first_port = 81;
                m.listeners.emplace_back();
                m.clusters.clear();
                m.interfaces[0].addresses.clear();
                m.interfaces[0].routes.emplace_back();
                m.interfaces[0].source_addresses.emplace_back();
              }),
              IsEmpty());
}

TEST(RestartKeys, EachIsNamed) {
  EXPECT_THAT(
      changed_by([](Model& m) {
        m.gateway.name = "other";
        m.gateway.workers = {7};
        m.gateway.idle = Idle::poll;
        m.gateway.fleet = "f";
        m.gateway.hash_seed = "t";
        m.gateway.state_dir = "/x";
        m.gateway.memory_mib = 1;
        m.flows = {1, 1, 1, 1, 1};
        m.admin = {"a", "b", "c"};
      }),
      ElementsAre("gateway.name", "gateway.workers", "gateway.idle", "gateway.fleet",
                  "gateway.hash_seed", "gateway.state_dir", "gateway.memory_mib",
                  "gateway.flows.tunnel4_flows_max", "gateway.flows.tunnel6_flows_max",
                  "gateway.flows.nat4_flows_max", "gateway.flows.nat6_flows_max",
                  "gateway.flows.streams_max", "admin.address", "admin.socket", "admin.group"));
  EXPECT_THAT(
      changed_by([](Model& m) {
        m.interfaces[1].devices = {"af_xdp:eth3"};
        m.interfaces[1].vlan = 5;
        m.interfaces[1].mtu_bytes = 9000;
        m.interfaces[1].rss = RssSide::destination;
        m.interfaces[1].twin = "t";
      }),
      ElementsAre("interface.inner.device", "interface.inner.vlan", "interface.inner.mtu_bytes",
                  "interface.inner.rss", "interface.inner.twin"));
}

TEST(RestartKeys, InterfacesComeGoAndMove) {
  EXPECT_THAT(changed_by([](Model& m) { m.interfaces.pop_back(); }),
              ElementsAre("interface.inner"));
  EXPECT_THAT(changed_by([](Model& m) { m.interfaces[1].name = "core"; }),
              ElementsAre("interface.inner", "interface.core"));
  EXPECT_THAT(changed_by([](Model& m) { std::swap(m.interfaces[0], m.interfaces[1]); }),
              ElementsAre("interface"));
}

}  // namespace

}  // namespace weft::mgmt::config
