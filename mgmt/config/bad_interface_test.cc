#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr BadInput bad_interfaces[] = {
    {"none",
     R"(
)",
     R"(weft.toml:1:1: missing [[interface]]: the gateway needs at least one

^
)"},
    {"an empty list",
     R"(interface = []
)",
     R"(weft.toml:1:13: interface: the gateway needs at least one
interface = []
            ^
)"},
    {"a table instead of a list of tables",
     R"([interface]
name = "edge"
device = "af_xdp:eth1"
)",
     R"(weft.toml:1:1: interface is a list of tables: write [[interface]]
[interface]
^
)"},
    {"not a table",
     R"(interface = ["af_xdp:eth1"]
)",
     R"(weft.toml:1:14: each of interface must be a table, not a string
interface = ["af_xdp:eth1"]
             ^
)"},
    {"required keys",
     R"([[interface]]
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:1:1: missing key "name" in [[interface]]
[[interface]]
^
weft.toml:1:1: missing key "device" in [[interface]]
[[interface]]
^
)"},
    {"a mistyped required key is not missing as well",
     R"([[interface]]
name = "edge"
devcie = "af_xdp:eth1"
)",
     R"(weft.toml:3:1: unknown key "devcie" in [[interface]], did you mean "device"?
devcie = "af_xdp:eth1"
^
)"},
    {"an unknown kind of device",
     R"([[interface]]
name = "edge"
device = "af_xpd:eth1"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:10: device must be a PCI address such as "0000:3b:00.0", "af_xdp:IF", "af_xdp:IF:QUEUE", "af_packet:IF", "tap:NAME", "memif:KEY=VALUE,...", "pcap:KEY=VALUE,..." or "vdev:ANY", not "af_xpd:eth1"
device = "af_xpd:eth1"
         ^
)"},
    {"no short PCI addresses",
     R"([[interface]]
name = "edge"
device = "3b:00.0"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:10: device must be a PCI address such as "0000:3b:00.0", "af_xdp:IF", "af_xdp:IF:QUEUE", "af_packet:IF", "tap:NAME", "memif:KEY=VALUE,...", "pcap:KEY=VALUE,..." or "vdev:ANY", not "3b:00.0"
device = "3b:00.0"
         ^
)"},
    {"a kernel name too long",
     R"([[interface]]
name = "edge"
device = "af_packet:a-name-that-is-too-long"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:10: device must be a PCI address such as "0000:3b:00.0", "af_xdp:IF", "af_xdp:IF:QUEUE", "af_packet:IF", "tap:NAME", "memif:KEY=VALUE,...", "pcap:KEY=VALUE,..." or "vdev:ANY", not "af_packet:a-name-that-is-too-long"
device = "af_packet:a-name-that-is-too-long"
         ^
)"},
    {"no device",
     R"([[interface]]
name = "edge"
device = []
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:10: device must name at least one device
device = []
         ^
)"},
    {"the same device twice",
     R"([[interface]]
name = "edge"
device = ["af_xdp:eth1:1", "af_xdp:eth1:0", "af_xdp:eth1:1"]
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:45: device "af_xdp:eth1:1" is in use already, in line 3
device = ["af_xdp:eth1:1", "af_xdp:eth1:0", "af_xdp:eth1:1"]
                                            ^
)"},
    {"a queue beside all queues",
     R"([[interface]]
name = "edge"
device = [
  "af_xdp:eth1",
  "af_xdp:eth1:1",
]
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:5:3: device "af_xdp:eth1:1" needs kernel interface "eth1", which device "af_xdp:eth1" in line 4 has; only af_xdp queues of one [[interface]] share one
  "af_xdp:eth1:1",
  ^
)"},
    {"all queues beside a queue",
     R"([[interface]]
name = "edge"
device = ["af_xdp:eth1:1", "af_xdp:eth1"]
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:3:28: device "af_xdp:eth1" needs kernel interface "eth1", which device "af_xdp:eth1:1" in line 3 has; only af_xdp queues of one [[interface]] share one
device = ["af_xdp:eth1:1", "af_xdp:eth1"]
                           ^
)"},
    {"queues of one kernel interface on two interfaces",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1:0"
addresses = ["10.0.0.254/24"]
[[interface]]
name = "inner"
device = "af_xdp:eth1:1"
addresses = ["10.1.0.254/24"]
)",
     R"(weft.toml:7:10: device "af_xdp:eth1:1" needs kernel interface "eth1", which device "af_xdp:eth1:0" in line 3 has; only af_xdp queues of one [[interface]] share one
device = "af_xdp:eth1:1"
         ^
)"},
    {"one kernel interface by two drivers",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1:0"
addresses = ["10.0.0.254/24"]
[[interface]]
name = "inner"
device = "af_packet:eth1"
addresses = ["10.1.0.254/24"]
)",
     R"(weft.toml:7:10: device "af_packet:eth1" needs kernel interface "eth1", which device "af_xdp:eth1:0" in line 3 has; only af_xdp queues of one [[interface]] share one
device = "af_packet:eth1"
         ^
)"},
    {"a twin named too long",
     R"([[interface]]
name = "edge-of-the-city"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:2:8: the twin's name "weft-edge-of-the-city" must be 1 to 15 letters, digits, ".", "_" or "-": choose another name, or give twin
name = "edge-of-the-city"
       ^
)"},
    {"twins of the same name",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
twin = "weft-0"
[[interface]]
name = "inner"
device = "af_xdp:eth2"
addresses = []
twin = "weft-0"
)",
     R"(weft.toml:10:8: twin "weft-0" is the name of another interface, in line 5
twin = "weft-0"
       ^
)"},
    {"a twin named as its device",
     R"([[interface]]
name = "edge"
device = "tap:weft-edge"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:2:8: twin "weft-edge" is the name of another interface, in line 3
name = "edge"
       ^
)"},
    {"names twice",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[interface]]
name = "edge"
device = "af_xdp:eth2"
addresses = ["10.1.0.254/24"]
)",
     R"(weft.toml:6:8: interface "edge" exists already, in line 2
name = "edge"
       ^
)"},
    {"a VLAN",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
vlan = 4095
)",
     R"(weft.toml:5:8: vlan must be between 1 and 4094, not 4095
vlan = 4095
       ^
)"},
    {"an address without length",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254"]
)",
     R"(weft.toml:4:14: "10.0.0.254" needs a prefix length, as in "10.0.0.254/24"
addresses = ["10.0.0.254"]
             ^
)"},
    {"a length beyond the family",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/33", "fd00::1/129"]
)",
     R"(weft.toml:4:14: "10.0.0.254/33" has no prefix length between 0 and 32 but "33"
addresses = ["10.0.0.254/33", "fd00::1/129"]
             ^
weft.toml:4:31: "fd00::1/129" has no prefix length between 0 and 128 but "129"
addresses = ["10.0.0.254/33", "fd00::1/129"]
                              ^
)"},
    {"not an address",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.256/24"]
)",
     R"(weft.toml:4:14: "10.0.0.256/24" is no IP address
addresses = ["10.0.0.256/24"]
             ^
)"},
    {"addresses that no host has",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "::1/128"]
)",
     R"(weft.toml:4:14: "127.0.0.1/8" is a loopback address
addresses = ["127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "::1/128"]
             ^
weft.toml:4:29: "224.0.0.1/24" is a multicast address
addresses = ["127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "::1/128"]
                            ^
weft.toml:4:45: "0.0.0.0/0" is the unspecified address
addresses = ["127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "::1/128"]
                                            ^
weft.toml:4:58: "::1/128" is a loopback address
addresses = ["127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "::1/128"]
                                                         ^
)"},
    {"the same address twice",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[interface]]
name = "inner"
device = "af_xdp:eth2"
addresses = ["10.0.0.254/24"]
)",
     R"(weft.toml:8:14: "10.0.0.254" overlaps an address of interface "edge" (line 4): an address has one owner
addresses = ["10.0.0.254/24"]
             ^
)"},
    {"addresses at the edges of their subnet",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.0/24", "10.0.1.255/24", "10.0.2.0/31", "10.0.3.0/32"]
)",
     R"(weft.toml:4:14: "10.0.0.0" is the network address of 10.0.0.0/24, which no host has
addresses = ["10.0.0.0/24", "10.0.1.255/24", "10.0.2.0/31", "10.0.3.0/32"]
             ^
weft.toml:4:29: "10.0.1.255" is the broadcast address of 10.0.1.0/24, which no host has
addresses = ["10.0.0.0/24", "10.0.1.255/24", "10.0.2.0/31", "10.0.3.0/32"]
                            ^
)"},
    {"two interfaces in one subnet",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.1/24", "10.0.0.2/24", "fe80::1/64"]
[[interface]]
name = "inner"
device = "af_xdp:eth2"
addresses = ["10.0.0.3/24", "10.0.0.4/25", "fe80::2/64"]
)",
     R"(weft.toml:8:14: 10.0.0.0/24 is the subnet of interface "edge" already, in line 4: it is reached by one interface only
addresses = ["10.0.0.3/24", "10.0.0.4/25", "fe80::2/64"]
             ^
)"},
    {"routes to what is reached already",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes = [
  { to = "0.0.0.0/0", via = "10.0.0.1" },
  { to = "0.0.0.0/0", via = "10.0.0.2" },
  { to = "10.0.0.0/24", via = "10.0.0.1" },
]
)",
     R"(weft.toml:7:10: to "0.0.0.0/0" is reached already, by line 6
  { to = "0.0.0.0/0", via = "10.0.0.2" },
         ^
weft.toml:8:10: to "10.0.0.0/24" is reached already, by line 4
  { to = "10.0.0.0/24", via = "10.0.0.1" },
         ^
)"},
    {"listeners at the edges of a subnet",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[listener]]
name = "web"
address = "10.0.0.255:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[listener]]
name = "api"
address = "10.0.0.0:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
[[cluster]]
name = "web"
)",
     R"(weft.toml:7:11: "10.0.0.255" is the broadcast address of 10.0.0.0/24, the subnet of interface "edge" (line 4), which no host has
address = "10.0.0.255:80"
          ^
weft.toml:13:11: "10.0.0.0" is the network address of 10.0.0.0/24, the subnet of interface "edge" (line 4), which no host has
address = "10.0.0.0:80"
          ^
)"},
    {"bits beyond the length",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
source_addresses = ["10.0.0.241/29"]
)",
     R"(weft.toml:5:21: "10.0.0.241/29" has bits set beyond its length: write "10.0.0.240/29"
source_addresses = ["10.0.0.241/29"]
                    ^
)"},
    {"a source address of the kernel",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
source_addresses = ["10.0.0.254"]
)",
     R"(weft.toml:5:21: "10.0.0.254" overlaps an address of interface "edge" (line 4): an address has one owner
source_addresses = ["10.0.0.254"]
                    ^
)"},
    {"a link-local source address",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
source_addresses = ["fe80::/64"]
)",
     R"(weft.toml:5:21: "fe80::/64" is a link-local address, which is on no link for sure
source_addresses = ["fe80::/64"]
                    ^
)"},
    {"source addresses at the edge of a subnet",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.1/24"]
source_addresses = ["10.0.0.248/29"]
)",
     R"(weft.toml:5:21: "10.0.0.248/29" holds 10.0.0.255, the broadcast address of 10.0.0.0/24 (line 4), which no host has
source_addresses = ["10.0.0.248/29"]
                    ^
)"},
    {"a next hop off link",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes = [{ to = "0.0.0.0/0", via = "10.9.0.1" }]
)",
     R"(weft.toml:5:37: via "10.9.0.1" is in the network of none of the interface's addresses
routes = [{ to = "0.0.0.0/0", via = "10.9.0.1" }]
                                    ^
)"},
    {"a next hop of the other family",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes = [{ to = "::/0", via = "10.0.0.1" }]
)",
     R"(weft.toml:5:32: via "10.0.0.1" is not of the family of to
routes = [{ to = "::/0", via = "10.0.0.1" }]
                               ^
)"},
    {"a next hop that is the interface",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes = [{ to = "0.0.0.0/0", via = "10.0.0.254" }]
)",
     R"(weft.toml:5:37: via "10.0.0.254" is the interface's own address
routes = [{ to = "0.0.0.0/0", via = "10.0.0.254" }]
                                    ^
)"},
    {"half a route",
     R"([[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes = [{ to = "0.0.0.0/0" }]
)",
     R"(weft.toml:5:11: missing key "via" in [[interface.routes]]
routes = [{ to = "0.0.0.0/0" }]
          ^
)"},
};

}  // namespace

TEST(BadInterface, IsRefusedWithThisMessage) {
  expect_refused(bad_interfaces, "");
}

}  // namespace weft::mgmt::config
