#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mgmt/config/bad_input_test.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt::config {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view least = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
)";

Model model_of(std::string_view toml) {
  const Loaded loaded = load(toml, "weft.toml", test_host);
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error());
    return {};
  }
  return *loaded;
}

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

TEST(Load, DefaultsOfTheGateway) {
  const Model model = model_of(least);
  const GatewaySettings& gateway = model.gateway;
  EXPECT_EQ(gateway.name, "gw-test");
  EXPECT_THAT(gateway.workers, ElementsAre(1, 2));
  EXPECT_EQ(gateway.idle, Idle::adaptive);
  EXPECT_EQ(gateway.fleet, "");
  EXPECT_EQ(gateway.hash_seed, "");
  EXPECT_EQ(gateway.nat_return, NatReturn::any);
  EXPECT_EQ(gateway.transit, Transit::drop);
  EXPECT_EQ(gateway.state_dir, "/var/lib/weft");
  EXPECT_EQ(gateway.memory_mib, 0u) << "as much as is needed";
  EXPECT_EQ(gateway.withdraw_ms, milliseconds(2000));
  EXPECT_EQ(gateway.drain_timeout_ms, milliseconds(30000));
  EXPECT_EQ(gateway.ready_after_ms, milliseconds(10000));
  EXPECT_EQ(gateway.generations_max, 8u);
  EXPECT_THAT(gateway.probe_addresses, ElementsAre(*IpPrefix::parse("240.0.0.0/11"),
                                                   *IpPrefix::parse("fd77:6566:7400::/64")));
  EXPECT_EQ(model.flows, (FlowSettings{1048576, 1048576, 1048576, 1048576, 65536,
                                       milliseconds(10000), milliseconds(300000),
                                       milliseconds(10000), milliseconds(30000), 100'000}));
  EXPECT_EQ(model.admin, (AdminSettings{"127.0.0.1:9100", "/run/weft/gw-test.sock", ""}));
  EXPECT_EQ(model.log.level, "info");
  EXPECT_THAT(model.listeners, IsEmpty());
  EXPECT_THAT(model.clusters, IsEmpty());
}

TEST(Load, DefaultsOfAnInterface) {
  const Model model = model_of(least);
  ASSERT_THAT(model.interfaces, SizeIs(1));
  InterfaceSettings expected;
  expected.name = "edge";
  expected.devices = {"af_xdp:eth1"};
  expected.mtu_bytes = 1500;
  expected.twin = "weft-edge";
  EXPECT_EQ(model.interfaces[0], expected);
}

TEST(Load, DefaultsOfListenerClusterAndHealth) {
  const Model model = model_of(R"(
[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"

[[cluster]]
name = "web"
endpoints = ["10.0.2.1:8080"]
health = { tcp = true }

[[cluster]]
name = "empty"

[[interface]]
name = "edge"
device = "af_xdp:eth1"
)");
  ASSERT_THAT(model.listeners, SizeIs(1));
  EXPECT_EQ(model.listeners[0],
            (ListenerSettings{"web", IpPrefix::host(ip("203.0.113.10")), 80, 80, Protocol::tcp,
                              Forward::nat, HashOn::five_tuple, "web"}));
  HealthSettings health;
  health.interval_ms = milliseconds(1000);
  health.timeout_ms = milliseconds(300);
  health.fall = 3;
  health.rise = 2;
  ClusterSettings web;
  web.name = "web";
  web.endpoints = {{"10.0.2.1", 8080, 1}};
  web.health = health;
  web.resolve_interval_ms = milliseconds(10000);
  web.previous_tables_ms = milliseconds(10000);
  ClusterSettings empty;
  empty.name = "empty";
  empty.resolve_interval_ms = milliseconds(10000);
  empty.previous_tables_ms = milliseconds(10000);
  EXPECT_THAT(model.clusters, ElementsAre(web, empty));
}

TEST(Load, WhatAListenerTakesAndListsFromTheFileItselfAndFromOthers) {
  const TemporaryFolder folder;
  const std::string file = folder.file("scanners.txt");
  std::ofstream(file) << "198.51.100.0/24 # known ones\n2001:db8:bad::/48\n";
  const Model model = model_of(std::string(least) + R"(
[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
allow = "office"
deny = ["scanners", "office"]
new_flows_per_s_max = 1000
source_new_flows_per_s_max = 20
flows_max = 50000
source_flows_max = 100

[[cluster]]
name = "web"

[[prefix_list]]
name = "office"
prefixes = ["192.0.2.0/24", "2001:db8::7"]

[[prefix_list]]
name = "scanners"
file = ")" + file + "\"\n");
  EXPECT_THAT(model.listeners.at(0).allow, ElementsAre("office"));
  EXPECT_THAT(model.listeners.at(0).deny, ElementsAre("scanners", "office"));
  EXPECT_EQ(model.listeners[0].new_flows_per_s_max, 1000u);
  EXPECT_EQ(model.listeners[0].source_new_flows_per_s_max, 20u);
  EXPECT_EQ(model.listeners[0].flows_max, 50'000u);
  EXPECT_EQ(model.listeners[0].source_flows_max, 100u);
  ASSERT_THAT(model.prefix_lists, SizeIs(2));
  const PrefixSet& office = *model.prefix_lists[0].prefixes;
  EXPECT_TRUE(office.contains(ip("192.0.2.255")));
  EXPECT_TRUE(office.contains(ip("2001:db8::7")));
  EXPECT_FALSE(office.contains(ip("2001:db8::8")));
  const PrefixSet& scanners = *model.prefix_lists[1].prefixes;
  EXPECT_EQ(model.prefix_lists[1].name, "scanners");
  EXPECT_TRUE(scanners.contains(ip("198.51.100.7")));
  EXPECT_TRUE(scanners.contains(ip("2001:db8:bad::1")));
  EXPECT_FALSE(scanners.contains(ip("192.0.2.1")));
}

TEST(Load, EveryKeyOfGatewayAdminAndLog) {
  const Model model = model_of(R"(
[gateway]
name = "gw-1"
workers = [2, 2, 3]
idle = "poll"
fleet = "edge"
hash_seed = "grain"
nat_return = "symmetric"
transit = "twin"
state_dir = "/srv/weft"
memory_mib = 512
withdraw_ms = 0
drain_timeout_ms = 1
ready_after_ms = 2
generations_max = 3
probe_addresses = ["10.0.0.0/8"]
[gateway.flows]
tunnel4_flows_max = 0x10000
nat4_flows_max = 2_048
streams_max = 128
half_open_timeout_ms = 1001
established_timeout_ms = 1002
closing_timeout_ms = 1003
udp_timeout_ms = 1004
new_flows_per_s_max = 0
[admin]
address = "[::1]:9200"
socket = "/run/w.sock"
group = "wheel"
[log]
level = "debug"
[[interface]]
name = "edge"
device = "af_xdp:eth1"
)");
  GatewaySettings gateway;
  gateway.name = "gw-1";
  gateway.workers = {2, 2, 3};
  gateway.idle = Idle::poll;
  gateway.fleet = "edge";
  gateway.hash_seed = "grain";
  gateway.nat_return = NatReturn::symmetric;
  gateway.transit = Transit::twin;
  gateway.state_dir = "/srv/weft";
  gateway.memory_mib = 512;
  gateway.drain_timeout_ms = milliseconds(1);
  gateway.ready_after_ms = milliseconds(2);
  gateway.generations_max = 3;
  gateway.probe_addresses = {*IpPrefix::parse("10.0.0.0/8")};
  EXPECT_EQ(model.gateway, gateway);
  EXPECT_EQ(model.flows,
            (FlowSettings{65536, 1048576, 2048, 1048576, 128, milliseconds(1001),
                          milliseconds(1002), milliseconds(1003), milliseconds(1004), 0}));
  EXPECT_EQ(model.admin, (AdminSettings{"[::1]:9200", "/run/w.sock", "wheel"}));
  EXPECT_EQ(model.log.level, "debug");
}

TEST(Load, EveryKeyOfInterfaces) {
  const Model model = model_of(R"(
[[interface]]
name = "edge"
device = ["af_xdp:eth1", "af_xdp:eth2:1"]
vlan = 120
mtu_bytes = 9000
rss = "destination"
twin = "tap-edge"
addresses = ["10.0.0.254/24", "fd00::254/64"]
source_addresses = ["10.0.0.240/29", "10.0.0.5"]

[[interface.routes]]
to = "0.0.0.0/0"
via = "10.0.0.1"

[[interface.routes]]
to = "::/0"
via = "fe80::1"
)");
  InterfaceSettings expected;
  expected.name = "edge";
  expected.devices = {"af_xdp:eth1", "af_xdp:eth2:1"};
  expected.vlan = 120;
  expected.mtu_bytes = 9000;
  expected.rss = RssSide::destination;
  expected.twin = "tap-edge";
  expected.addresses = {{ip("10.0.0.254"), 24}, {ip("fd00::254"), 64}};
  expected.source_addresses = {*IpPrefix::parse("10.0.0.240/29"), *IpPrefix::parse("10.0.0.5")};
  expected.routes = {{*IpPrefix::parse("0.0.0.0/0"), ip("10.0.0.1")},
                     {*IpPrefix::parse("::/0"), ip("fe80::1")}};
  EXPECT_THAT(model.interfaces, ElementsAre(expected));
}

TEST(Load, EveryKindOfDevice) {
  const Model model = model_of(R"(
[[interface]]
name = "all"
device = ["0000:3b:00.0", "af_xdp:eth1", "af_xdp:eth2:0", "af_xdp:eth2:1", "af_packet:eth3",
          "tap:t0", "memif:role=client,socket=/run/m.sock", "pcap:rx_pcap=a.pcap", "vdev:net_null0,size=64"]
)");
  ASSERT_THAT(model.interfaces, SizeIs(1));
  EXPECT_THAT(model.interfaces[0].devices, SizeIs(9));
}

TEST(Load, KeysOfOneProtocol) {
  const Model model = model_of(R"(
listener = [
  {name="a",address="203.0.113.9:53",protocol="udp",forward="gue",cluster="c",udp="per-packet"},
  {name="b",address="203.0.113.9:80",protocol="tcp",forward="nat",cluster="c",mss_clamp_bytes="auto"},
  {name="c",address="203.0.113.9:81",protocol="tcp",forward="nat",cluster="c",mss_clamp_bytes=1220}
]
cluster = [{name="c"}]
[[interface]]
name = "edge"
device = "af_xdp:eth1"
)");
  ASSERT_THAT(model.listeners, SizeIs(3));
  EXPECT_EQ(model.listeners[0].udp, UdpChoice::per_packet);
  EXPECT_EQ(model.listeners[0].mss_clamp_bytes, 0);
  EXPECT_EQ(model.listeners[1].udp, UdpChoice::flow);
  EXPECT_EQ(model.listeners[1].mss_clamp_bytes, mss_clamp_auto);
  EXPECT_EQ(model.listeners[2].mss_clamp_bytes, 1220);
}

TEST(Load, EveryKeyOfListenersAndClusters) {
  const Model model = model_of(R"(
listener = [
  { name = "a", address = "203.0.113.0/24:53", protocol = "udp", forward = "ipip", cluster = "c" },
  {name="b",address="203.0.113.10:8000-8099",protocol="tcp",forward="nat",hash="source",cluster="c"}
]
[[cluster]]
name = "c"
balance = "maglev"
on_endpoint_down = "move"
slow_start_ms = 30000
endpoint_flows_max = 5000
previous_tables_ms = 5000
maglev_slots = 65521
resolve_interval_ms = 500

[[cluster.endpoints]]
address = "db_1.example:80"
weight = 0

[cluster.health]
http = "/healthz?full=1"
host = "shop.example:8080"
status = "204"
body = "ok"
reuse = false
port = 81
interval_ms = 2000
timeout_ms = 2000
fall = 5
rise = 1

[[interface]]
name = "edge"
device = "af_xdp:eth1"
)");
  EXPECT_THAT(model.listeners,
              ElementsAre(ListenerSettings{"a", *IpPrefix::parse("203.0.113.0/24"), 53, 53,
                                           Protocol::udp, Forward::ipip, HashOn::five_tuple, "c"},
                          ListenerSettings{"b", IpPrefix::host(ip("203.0.113.10")), 8000, 8099,
                                           Protocol::tcp, Forward::nat, HashOn::source, "c"}));
  ClusterSettings cluster;
  cluster.name = "c";
  cluster.endpoints = {{"db_1.example", 80, 0}};
  cluster.health = HealthSettings{HealthSettings::Kind::http,
                                  "/healthz?full=1",
                                  "shop.example:8080",
                                  204,
                                  204,
                                  "ok",
                                  false,
                                  81,
                                  "",
                                  milliseconds(2000),
                                  milliseconds(2000),
                                  5,
                                  1};
  cluster.on_endpoint_down = OnEndpointDown::move;
  cluster.slow_start_ms = milliseconds(30'000);
  cluster.endpoint_flows_max = 5000;
  cluster.previous_tables_ms = milliseconds(5000);
  cluster.maglev_slots = 65521;
  cluster.resolve_interval_ms = milliseconds(500);
  EXPECT_THAT(model.clusters, ElementsAre(cluster));
}

TEST(Load, ListenersMayLieInsideOneAnother) {
  std::string toml(least);
  int n = 0;
  for (const std::string_view address :
       {"203.0.113.0/24:80", "203.0.113.10:80", "203.0.113.10:1-1000", "203.0.113.10:70-90",
        "203.0.113.10:1001-1002", "0.0.0.0/0:80"}) {
    toml += "[[listener]]\nname = \"l" + std::to_string(n++) + "\"\naddress = \"";
    toml += address;
    toml += "\"\nprotocol = \"tcp\"\nforward = \"ipip\"\ncluster = \"c\"\n";
  }
  toml += "[[cluster]]\nname = \"c\"\n";
  EXPECT_THAT(model_of(toml).listeners, SizeIs(6));
}

TEST(Load, OneCpuIsEnough) {
  const Loaded loaded = load(least, "weft.toml", {"gw", {5}});
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->gateway.workers, ElementsAre(5));
}

TEST(Load, AHostNameThatCannotBeTheGatewaysIsAnError) {
  const Loaded loaded = load(least, "weft.toml", {"my host", {0}});
  ASSERT_FALSE(loaded);
  ASSERT_THAT(loaded.error(), SizeIs(1));
  EXPECT_THAT(loaded.error()[0].message, HasSubstr("the host's name \"my host\" cannot be"));
}

TEST(Load, WindowsLineEndsAndByteOrderMark) {
  const Loaded good =
      load("\xef\xbb\xbf[[interface]]\r\nname = \"edge\"\r\ndevice = \"tap:t0\"\r\n", "weft.toml",
           test_host);
  ASSERT_TRUE(good) << to_string(good.error());
  const Loaded bad = load("\xef\xbb\xbfx = 1\r\n", "weft.toml", test_host);
  ASSERT_FALSE(bad);
  EXPECT_EQ(to_string(bad.error()[0]), "weft.toml:1:1: unknown key \"x\"\nx = 1\n^");
}

TEST(Load, BytesThatAreNotTextAreLocated) {
  const auto says = [](std::string_view toml) {
    const Loaded loaded = load(toml, "weft.toml", test_host);
    return loaded ? std::string("taken") : to_string(loaded.error());
  };
  EXPECT_EQ(says("[log]\nlevel = \"\xff\"\n"),
            "weft.toml:2:10: not UTF-8: byte 0xff\nlevel = \"?\"\n         ^\n");
  EXPECT_EQ(says("# \xc0\xaf\n"), "weft.toml:1:3: not UTF-8: byte 0xc0\n# ??\n  ^\n");
  EXPECT_EQ(says("# \xed\xa0\x80\n"), "weft.toml:1:3: not UTF-8: byte 0xed\n# ???\n  ^\n");
  EXPECT_EQ(says(std::string_view("# a\0b\n", 6)),
            "weft.toml:1:4: control character 0x00\n# a?b\n   ^\n");
  EXPECT_EQ(says("a = 1\rb = 2\n"), "weft.toml:1:6: control character 0x0d\na = 1?b = 2\n     ^\n");
  EXPECT_EQ(says("# \x1b[31m\n"), "weft.toml:1:3: control character 0x1b\n# ?[31m\n  ^\n");
}

TEST(Load, ProbesThroughAListener) {
  const Model model = model_of(R"([gateway]
probe_addresses = ["fd01::/64"]

[[cluster]]
name = "dns"
health = { tcp = true, port = 53, through = "dns" }

[[listener]]
name = "dns"
address = "[2001:db8::53]:53"
protocol = "udp"
forward = "direct"
cluster = "dns"

[[interface]]
name = "edge"
device = "af_xdp:eth1"
)");
  EXPECT_THAT(model.gateway.probe_addresses, ElementsAre(*IpPrefix::parse("fd01::/64")));
  EXPECT_EQ(model.clusters.at(0).health->through, "dns");
}

TEST(Load, AThousandErrorsAreEnough) {
  std::string toml;
  for (int i = 0; i < 1200; ++i) toml += "key-" + std::to_string(i) + " = 1\n";
  const Loaded loaded = load(toml, "weft.toml", test_host);
  ASSERT_FALSE(loaded);
  ASSERT_THAT(loaded.error(), SizeIs(errors_max + 1));
  EXPECT_EQ(to_string(loaded.error().back()), "weft.toml: 201 more errors");
}

// A configuration of so many clusters with 40 endpoints each, and a listener for each.
std::string of_size(int clusters) {
  std::string toml(least);
  for (int c = 0; c < clusters; ++c) {
    const std::string n = std::to_string(c);
    toml += "[[cluster]]\nname = \"c" + n + "\"\nendpoints = [\n";
    for (int e = 0; e < 40; ++e) {
      toml += "  \"10." + std::to_string(1 + c / 250) + "." + std::to_string(c % 250) + "." +
              std::to_string(e + 1) + ":80\",\n";
    }
    toml += "]\n[[listener]]\nname = \"l" + n +
            "\"\naddress = \"203.0.113.10:" + std::to_string(c + 1) +
            "\"\nprotocol = \"tcp\"\nforward = \"nat\"\ncluster = \"c" + n + "\"\n";
  }
  return toml;
}

TEST(Load, TimeGrowsWithTheFileNotItsSquare) {
  const auto time_of = [](int clusters) {
    const std::string toml = of_size(clusters);
    const auto began = std::chrono::steady_clock::now();
    const Model model = model_of(toml);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_THAT(model.clusters, SizeIs(clusters));
    EXPECT_THAT(model.clusters.back().endpoints, SizeIs(40));
    return took;
  };
  const auto small = time_of(50);
  EXPECT_LT(time_of(400), small * 24);  // eight times the file; its square would be 64
}

class LoadFile : public testing::Test {
 protected:
  LoadFile() {
    std::string pattern = std::filesystem::temp_directory_path() / "weft-config-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~LoadFile() override { std::filesystem::remove_all(directory_); }

  std::string path(std::string_view name) const { return directory_ / name; }
  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  static std::string says(const std::string& path) {
    const Loaded loaded = load_file(path, test_host);
    return loaded ? std::string("taken") : to_string(loaded.error());
  }

  std::filesystem::path directory_;
};

TEST_F(LoadFile, TakesAFileAndNamesItInErrors) {
  EXPECT_EQ(says(write("good.toml", least)), "taken");
  const std::string bad =
      write("bad.toml", "x = 1\n\n[[interface]]\nname = \"e\"\ndevice = \"tap:t\"\n");
  EXPECT_EQ(says(bad), bad + ":1:1: unknown key \"x\"\nx = 1\n^\n");
}

TEST_F(LoadFile, WhatIsNoFileIsOneError) {
  EXPECT_EQ(says(path("none")), path("none") + ": cannot be read: No such file or directory\n");
  EXPECT_EQ(says(directory_), directory_.string() + ": is a directory, not a file\n");
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(says(path("fifo")), path("fifo") + ": is not a regular file\n");
  const std::string loop = path("loop");
  ASSERT_EQ(symlink(loop.c_str(), loop.c_str()), 0);
  EXPECT_EQ(says(loop), loop + ": cannot be read: Too many levels of symbolic links\n");
}

TEST_F(LoadFile, TooLargeIsOneErrorAndTheLargestIsRead) {
  std::string text(least);
  text += "#" + std::string(file_bytes_max - text.size() - 1, 'x');
  ASSERT_EQ(text.size(), file_bytes_max);
  EXPECT_EQ(says(write("largest", text)), "taken");
  EXPECT_EQ(says(write("larger", text + "x")), path("larger") + ": larger than 4 MiB\n");
}

TEST(ThisHost, HasANameAndCpus) {
  const Host host = this_host();
  EXPECT_NE(host.name, "");
  EXPECT_FALSE(host.cpus.empty());
}

}  // namespace

}  // namespace weft::mgmt::config
