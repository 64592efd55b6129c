#include "mgmt/config/bad_input_test.h"

#include <gtest/gtest.h>

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
source_addresses = ["10.0.0.240/29"]
[[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
)";

constexpr BadInput bad_sync[] = {
    {"what it needs",
     R"([gateway]
fleet = "edge"
hash_seed = "s"
[gateway.sync]
)",
     R"(weft.toml:4:1: missing key "address" in [gateway.sync]
[gateway.sync]
^
weft.toml:4:1: missing key "peers" in [gateway.sync]
[gateway.sync]
^
weft.toml:4:1: missing key "key" in [gateway.sync]
[gateway.sync]
^
)"},
    {"a short key, which is not shown",
     R"([gateway]
fleet = "edge"
hash_seed = "s"
[gateway.sync]
address = "10.0.0.254:7946"
peers = ["10.0.0.253:7946"]
key = "too short"
)",
     R"(weft.toml:7:7: key must be 16 to 256 bytes of printable text
key = "*********"
      ^
)"},
    {"no fleet, an address of the workers, a peer twice and one of another family",
     R"([gateway]
[gateway.sync]
address = "10.0.0.241:7946"
peers = ["10.0.0.253:7946", "10.0.0.253:7946", "[fd00::1]:7946"]
key = "0123456789abcdef"
)",
     R"(weft.toml:2:1: missing key "fleet" in [gateway]: it names the gateways that are in sync
[gateway.sync]
^
weft.toml:3:11: address "10.0.0.241:7946" overlaps source_addresses of interface "edge" (line 11): the kernel cannot serve it
address = "10.0.0.241:7946"
          ^
weft.toml:4:29: peer "10.0.0.253:7946" is there twice
peers = ["10.0.0.253:7946", "10.0.0.253:7946", "[fd00::1]:7946"]
                            ^
weft.toml:4:48: peer "[fd00::1]:7946" is of another family than address "10.0.0.241:7946"
peers = ["10.0.0.253:7946", "10.0.0.253:7946", "[fd00::1]:7946"]
                                               ^
)"},
    {"an address that nobody can send to, and a peer without a port",
     R"([gateway]
fleet = "edge"
hash_seed = "s"
[gateway.sync]
address = "0.0.0.0:7946"
peers = ["10.0.0.253"]
key = "0123456789abcdef"
)",
     R"(weft.toml:5:11: address must be one that peers can send to
address = "0.0.0.0:7946"
          ^
weft.toml:6:10: each of peers must be an IP address and a port, such as "10.0.0.254:7946", not "10.0.0.253"
peers = ["10.0.0.253"]
         ^
)"},
};

TEST(BadSync, IsRefused) {
  expect_refused(bad_sync, interface);
}

constexpr std::string_view good_sync = R"([gateway]
fleet = "edge"
hash_seed = "s"
[gateway.sync]
address = "10.0.0.254:7946"
peers = ["10.0.0.253:7946", "10.0.0.254:7946"]
key = "0123456789abcdef"
)";

TEST(Sync, IsReadAndMakesPreviousTablesNeedless) {
  const Loaded loaded =
      load(std::string(good_sync) + std::string(interface), "weft.toml", test_host);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(
      loaded->sync,
      (SyncSettings{
          "10.0.0.254:7946", {"10.0.0.253:7946", "10.0.0.254:7946"}, "0123456789abcdef", 65536}));
  EXPECT_EQ(loaded->clusters[0].previous_tables_ms, milliseconds(0));
  const Loaded alone = load(interface, "weft.toml", test_host);
  ASSERT_TRUE(alone);
  EXPECT_TRUE(alone->sync.peers.empty());
  EXPECT_EQ(alone->clusters[0].previous_tables_ms, milliseconds(10'000));
}

TEST(Sync, ChangesWithARestartOnly) {
  const Loaded before =
      load(std::string(good_sync) + std::string(interface), "weft.toml", test_host);
  ASSERT_TRUE(before);
  Model after = *before;
  after.sync = {"a", {"b"}, "c", 1024};
  EXPECT_EQ(restart_keys_changed(*before, after),
            (std::vector<std::string>{"gateway.sync.address", "gateway.sync.peers",
                                      "gateway.sync.key", "gateway.sync.flows_max"}));
}

}  // namespace

}  // namespace weft::mgmt::config
