#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface_and_cluster = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
)";

constexpr BadInput bad_listeners[] = {
    {"required keys",
     R"([[listener]]
name = "web"
)",
     R"(weft.toml:1:1: missing key "address" in [[listener]]
[[listener]]
^
weft.toml:1:1: missing key "protocol" in [[listener]]
[[listener]]
^
weft.toml:1:1: missing key "forward" in [[listener]]
[[listener]]
^
weft.toml:1:1: missing key "cluster" in [[listener]]
[[listener]]
^
)"},
    {"a protocol of later versions",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "https"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:4:12: protocol must be "tcp" or "udp", not "https"
protocol = "https"
           ^
)"},
    {"an unknown forwarding",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "snat"
cluster = "web"
)",
     R"(weft.toml:5:11: forward must be "nat", "fullnat", "ipip", "gue", "gre" or "direct", not "snat"
forward = "snat"
          ^
)"},
    {"no port",
     R"([[listener]]
name = "web"
address = "203.0.113.10"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10" needs a port, as in "203.0.113.10:80"
address = "203.0.113.10"
          ^
)"},
    {"port 0",
     R"([[listener]]
name = "web"
address = "203.0.113.10:0"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10:0" has no port between 1 and 65535 but "0"
address = "203.0.113.10:0"
          ^
)"},
    {"a port beyond 16 bits",
     R"([[listener]]
name = "web"
address = "203.0.113.10:65536"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10:65536" has no port between 1 and 65535 but "65536"
address = "203.0.113.10:65536"
          ^
)"},
    {"a range that ends before it begins",
     R"([[listener]]
name = "web"
address = "203.0.113.10:8099-8000"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10:8099-8000" has a port range that ends before it begins
address = "203.0.113.10:8099-8000"
          ^
)"},
    {"a range too open",
     R"([[listener]]
name = "web"
address = "203.0.113.10:8000-"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10:8000-" has no port between 1 and 65535 but ""
address = "203.0.113.10:8000-"
          ^
)"},
    {"not an address",
     R"([[listener]]
name = "web"
address = "203.0.113:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113:80" is no IP address or prefix
address = "203.0.113:80"
          ^
)"},
    {"a name",
     R"([[listener]]
name = "web"
address = "www.example:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "www.example:80" is no IP address or prefix
address = "www.example:80"
          ^
)"},
    {"bits beyond the length",
     R"([[listener]]
name = "web"
address = "203.0.113.10/24:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "203.0.113.10/24:80" has bits set beyond its length: write "203.0.113.0/24"
address = "203.0.113.10/24:80"
          ^
)"},
    {"a link-local address",
     R"([[listener]]
name = "web"
address = "[fe80::10]:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "[fe80::10]:80" is a link-local address, which is on no link for sure
address = "[fe80::10]:80"
          ^
)"},
    {"IPv6 without brackets",
     R"([[listener]]
name = "web"
address = "2001:db8::10"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "2001:db8::10" needs brackets and a port, as in "[2001:db8::10]:80"
address = "2001:db8::10"
          ^
)"},
    {"nat across families",
     R"([[listener]]
name = "web"
address = "[2001:db8::10]:80"
protocol = "tcp"
forward = "nat"
cluster = "both"
[[cluster]]
name = "both"
endpoints = ["[fd00::1]:80", "10.0.2.1:80"]
)",
     R"(weft.toml:5:11: forward "nat" stays within IPv6, the family of the listener's address, but endpoint "10.0.2.1:80" of cluster "both" is IPv4; tunnels may cross
forward = "nat"
          ^
)"},
    {"a client's address where no option can carry it",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
client_address = "toa"
cluster = "web"
)",
     R"(weft.toml:6:18: client_address is for forward "fullnat" and protocol "tcp" only
client_address = "toa"
                 ^
)"},
    {"a PROXY header where no endpoint could learn from it",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "ipip"
client_address = "proxy_v2"
cluster = "web"
)",
     R"(weft.toml:6:18: client_address is for forward "fullnat" and protocol "tcp" only
client_address = "proxy_v2"
                 ^
)"},
    {"fullnat without a source address of its family",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "fullnat"
cluster = "web"
[[interface]]
name = "mesh"
device = "af_xdp:eth7"
source_addresses = ["fd00::/120"]
)",
     R"(weft.toml:5:11: forward "fullnat" needs source_addresses of IPv4 on the interface towards the endpoints
forward = "fullnat"
          ^
)"},
    {"an MSS that no TCP has",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "ipip"
cluster = "web"
mss_clamp_bytes = 87
)",
     R"(weft.toml:7:19: mss_clamp_bytes must be "auto" or a number from 88 to 65495
mss_clamp_bytes = 87
                  ^
)"},
    {"an MSS in words",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "ipip"
cluster = "web"
mss_clamp_bytes = "small"
)",
     R"(weft.toml:7:19: mss_clamp_bytes must be "auto" or a number from 88 to 65495
mss_clamp_bytes = "small"
                  ^
)"},
    {"an MSS of UDP",
     R"([[listener]]
name = "dns"
address = "203.0.113.10:53"
protocol = "udp"
forward = "ipip"
cluster = "web"
mss_clamp_bytes = 1200
)",
     R"(weft.toml:7:19: mss_clamp_bytes is of TCP: the listener's protocol is "udp"
mss_clamp_bytes = 1200
                  ^
)"},
    {"TCP per packet",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "ipip"
cluster = "web"
udp = "per-packet"
)",
     R"(weft.toml:7:7: udp = "per-packet" needs protocol = "udp"
udp = "per-packet"
      ^
)"},
    {"nat per packet",
     R"([[listener]]
name = "dns"
address = "203.0.113.10:53"
protocol = "udp"
forward = "nat"
cluster = "web"
udp = "per-packet"
)",
     R"(weft.toml:7:7: udp = "per-packet" keeps no flows, and forward "nat" needs them for the way back
udp = "per-packet"
      ^
)"},
    {"a multicast address",
     R"([[listener]]
name = "web"
address = "224.1.1.1:5000"
protocol = "udp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "224.1.1.1:5000" is a multicast address
address = "224.1.1.1:5000"
          ^
)"},
    {"every address",
     R"([[listener]]
name = "web"
address = "0.0.0.0:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: "0.0.0.0:80" is the unspecified address
address = "0.0.0.0:80"
          ^
)"},
    {"the address of an interface",
     R"([[listener]]
name = "web"
address = "10.0.0.254:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: address "10.0.0.254:80" overlaps an address of interface "edge" (line 11): a listener needs addresses of its own
address = "10.0.0.254:80"
          ^
)"},
    {"a prefix with the address of an interface",
     R"([[listener]]
name = "web"
address = "10.0.0.0/24:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:3:11: address "10.0.0.0/24:80" overlaps an address of interface "edge" (line 11): a listener needs addresses of its own
address = "10.0.0.0/24:80"
          ^
)"},
    {"names twice",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[listener]]
name = "web"
address = "203.0.113.11:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:8:8: listener "web" exists already, in line 2
name = "web"
       ^
)"},
    {"the same address twice",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[listener]]
name = "shop"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:9:11: address "203.0.113.10:80" is taken by listener "web" (line 3)
address = "203.0.113.10:80"
          ^
)"},
    {"ranges that cross",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80-90"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[listener]]
name = "shop"
address = "203.0.113.10:85-95"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:9:11: address "203.0.113.10:85-95" crosses "203.0.113.10:80-90" of listener "web" (line 3)
address = "203.0.113.10:85-95"
          ^
)"},
    {"a cluster that is not there",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "wbe"
)",
     R"(weft.toml:6:11: there is no cluster "wbe", did you mean "web"?
cluster = "wbe"
          ^
)"},
    {"a cluster that is not near",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "database"
)",
     R"(weft.toml:6:11: there is no cluster "database"
cluster = "database"
          ^
)"},
    {"nat in a fleet",
     R"([gateway]
fleet = "edge"
hash_seed = "s"

[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:9:11: forward "nat" in a fleet needs nat_return = "symmetric" in [gateway]: the network has to bring replies back to the same gateway
forward = "nat"
          ^
)"},
    {"the address of the admin server",
     R"([admin]
address = "203.0.113.10:9100"

[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
)",
     R"(weft.toml:2:11: address "203.0.113.10:9100" overlaps listener "web" (line 6): the kernel cannot serve it
address = "203.0.113.10:9100"
          ^
)"},
};

}  // namespace

TEST(BadListener, IsRefusedWithThisMessage) {
  expect_refused(bad_listeners, interface_and_cluster);
}

}  // namespace weft::mgmt::config
