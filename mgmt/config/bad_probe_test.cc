#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]

[[listener]]
name = "tunnel"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "ipip"
cluster = "web"

[[listener]]
name = "translated"
address = "203.0.113.11:80"
protocol = "tcp"
forward = "nat"
cluster = "web"

[[listener]]
name = "wide"
address = "203.0.114.0/24:80"
protocol = "tcp"
forward = "gre"
cluster = "web"

[[listener]]
name = "datagrams"
address = "203.0.113.10:80"
protocol = "udp"
forward = "gue"
cluster = "web"

[[listener]]
name = "six"
address = "[2001:db8::10]:80"
protocol = "tcp"
forward = "ipip"
cluster = "web"

[[cluster]]
name = "elsewhere"
)";

constexpr BadInput bad_through[] = {
    {"a listener that is not there",
     R"([[cluster]]
name = "web"
health = { tcp = true, through = "tunel" }
)",
     R"(weft.toml:3:34: there is no listener "tunel", did you mean "tunnel"?
health = { tcp = true, through = "tunel" }
                                 ^
)"},
    {"a listener that rewrites addresses",
     R"([[cluster]]
name = "web"
health = { tcp = true, through = "translated" }
)",
     R"(weft.toml:3:34: through is for tunnels and "direct": listener "translated" forwards by "nat", to the endpoint's own address
health = { tcp = true, through = "translated" }
                                 ^
)"},
    {"a listener on a prefix",
     R"([[cluster]]
name = "web"
health = { tcp = true, through = "wide" }
)",
     R"(weft.toml:3:34: listener "wide" is on a prefix, and through needs a single address
health = { tcp = true, through = "wide" }
                                 ^
)"},
    {"a listener of UDP",
     R"([[cluster]]
name = "web"
health = { tcp = true, through = "datagrams" }
)",
     R"(weft.toml:3:34: listener "datagrams" is of UDP: port has to say where its address answers probes by TCP
health = { tcp = true, through = "datagrams" }
                                 ^
)"},
    {"a listener of another cluster",
     R"([[cluster]]
name = "web"

[[cluster]]
name = "other"
health = { tcp = true, through = "tunnel" }
)",
     R"(weft.toml:6:34: listener "tunnel" leads to cluster "web", not to this one
health = { tcp = true, through = "tunnel" }
                                 ^
)"},
    {"no synthetic addresses of the listener's family",
     R"([gateway]
probe_addresses = ["240.0.0.0/11"]

[[cluster]]
name = "web"
health = { tcp = true, through = "six" }
)",
     R"(weft.toml:6:34: probe_addresses in [gateway] has no prefix of IPv6, the family of listener "six"
health = { tcp = true, through = "six" }
                                 ^
)"},
};

TEST(BadProbe, Through) {
  expect_refused(bad_through, interface);
}

constexpr BadInput bad_addresses[] = {
    {"too few of them",
     R"([gateway]
probe_addresses = ["198.18.0.0/15"]
)",
     R"(weft.toml:2:20: "198.18.0.0/15" must have a length from 1 to 11, so that there is an address for every endpoint
probe_addresses = ["198.18.0.0/15"]
                   ^
)"},
    {"two prefixes of a family",
     R"([gateway]
probe_addresses = ["240.0.0.0/11", "240.32.0.0/11"]
)",
     R"(weft.toml:2:36: "240.32.0.0/11" is the second prefix of its family
probe_addresses = ["240.0.0.0/11", "240.32.0.0/11"]
                                   ^
)"},
    {"no prefix",
     R"([gateway]
probe_addresses = ["probes"]
)",
     R"(weft.toml:2:20: "probes" is no IP address or prefix
probe_addresses = ["probes"]
                   ^
)"},
    {"somebody's addresses",
     R"([gateway]
probe_addresses = ["10.0.0.0/8"]

[[cluster]]
name = "web"
)",
     R"(weft.toml:2:19: probe_addresses "10.0.0.0/8" overlaps an address of interface "edge" (line 10): they are nobody's
probe_addresses = ["10.0.0.0/8"]
                  ^
)"},
    {"an endpoint's address",
     R"([gateway]
probe_addresses = ["172.0.0.0/8"]

[[cluster]]
name = "web"
endpoints = ["172.16.0.1:80"]
)",
     R"(weft.toml:2:19: probe_addresses "172.0.0.0/8" overlaps endpoint "172.16.0.1" of cluster "web": they are nobody's
probe_addresses = ["172.0.0.0/8"]
                  ^
)"},
};

TEST(BadProbe, Addresses) {
  constexpr std::string_view rest = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
)";
  expect_refused(bad_addresses, rest);
}

}  // namespace

}  // namespace weft::mgmt::config
