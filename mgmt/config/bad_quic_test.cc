#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface_and_cluster = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[cluster]]
name = "quic"
endpoints = [{ address = "10.0.2.1:443", server_id = "c4605e" }]
)";

constexpr BadInput bad_listeners[] = {
    {"what a configuration needs",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
quic = [{}]
)",
     R"(weft.toml:7:9: missing key "rotation" in [[listener.quic]]
quic = [{}]
        ^
weft.toml:7:9: missing key "server_id_bytes" in [[listener.quic]]
quic = [{}]
        ^
weft.toml:7:9: missing key "nonce_bytes" in [[listener.quic]]
quic = [{}]
        ^
)"},
    {"the rotation of servers without a configuration",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
quic = [{ rotation = 7, server_id_bytes = 3, nonce_bytes = 3 }]
)",
     R"(weft.toml:7:22: rotation must be between 0 and 6, not 7
quic = [{ rotation = 7, server_id_bytes = 3, nonce_bytes = 3 }]
                     ^
weft.toml:7:60: nonce_bytes must be between 4 and 18, not 3
quic = [{ rotation = 7, server_id_bytes = 3, nonce_bytes = 3 }]
                                                           ^
)"},
    {"a rotation twice, and a TCP listener",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "tcp"
forward = "nat"
cluster = "quic"
[[listener.quic]]
rotation = 1
server_id_bytes = 3
nonce_bytes = 4
[[listener.quic]]
rotation = 1
server_id_bytes = 3
nonce_bytes = 5
)",
     R"(weft.toml:7:1: quic is for protocol = "udp" only
[[listener.quic]]
^
weft.toml:12:12: rotation 1 is in this listener already, in line 8
rotation = 1
           ^
)"},
    {"ids that are too long",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
quic = [{ rotation = 0, server_id_bytes = 3, nonce_bytes = 17 }]
)",
     R"(weft.toml:7:60: server_id_bytes and nonce_bytes are 20 together, at most 19 are possible
quic = [{ rotation = 0, server_id_bytes = 3, nonce_bytes = 17 }]
                                                           ^
)"},
    {"a length that is not the cluster's",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
quic = [{ rotation = 0, server_id_bytes = 4, nonce_bytes = 4 }]
)",
     R"(weft.toml:7:43: server_id_bytes is 4, but each server_id of cluster "quic" has 3 bytes
quic = [{ rotation = 0, server_id_bytes = 4, nonce_bytes = 4 }]
                                          ^
)"},
    {"a key that is none is not shown",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
[[listener.quic]]
rotation = 0
server_id_bytes = 3
nonce_bytes = 4
key = "8f95f09245765f80256934e50c66207"
)",
     R"(weft.toml:11:7: key must be 32 hexadecimal digits
key = "*******************************"
      ^
)"},
    {"a key twice, one of them in no file",
     R"([[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
[[listener.quic]]
rotation = 0
server_id_bytes = 3
nonce_bytes = 4
key = "8f95f09245765f80256934e50c66207f"
key_file = "/nowhere/quic.key"
)",
     R"(weft.toml:12:12: "/nowhere/quic.key" cannot be read: No such file or directory
key_file = "/nowhere/quic.key"
           ^
weft.toml:12:12: either key or key_file, not both
key_file = "/nowhere/quic.key"
           ^
)"},
};

TEST(BadQuic, Listeners) {
  expect_refused(bad_listeners, interface_and_cluster);
}

constexpr std::string_view interface_and_listener = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
[[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "nat"
cluster = "quic"
quic = [{ rotation = 0, server_id_bytes = 3, nonce_bytes = 4 }]
)";

constexpr BadInput bad_clusters[] = {
    {"a server id that is none",
     R"([[cluster]]
name = "quic"
[[cluster.endpoints]]
address = "10.0.2.1:443"
server_id = "c4605"
)",
     R"(weft.toml:5:13: server_id must be 1 to 15 bytes in hexadecimal digits, not "c4605"
server_id = "c4605"
            ^
)"},
    {"a server id twice",
     R"([[cluster]]
name = "quic"
endpoints = [
  { address = "10.0.2.1:443", server_id = "c4605e" },
  { address = "10.0.2.2:443", server_id = "C4605E" },
]
)",
     R"(weft.toml:5:43: this server_id is another endpoint's already, in line 4
  { address = "10.0.2.2:443", server_id = "C4605E" },
                                          ^
)"},
    {"server ids of two lengths",
     R"([[cluster]]
name = "quic"
endpoints = [
  { address = "10.0.2.1:443", server_id = "c4605e" },
  { address = "10.0.2.2:443", server_id = "c460" },
]
)",
     R"(weft.toml:5:43: server_id has 2 bytes, the others of this cluster have 3
  { address = "10.0.2.2:443", server_id = "c460" },
                                          ^
)"},
    {"a server id for a name",
     R"([[cluster]]
name = "quic"
endpoints = [{ address = "quic.example:443", server_id = "c4605e" }]
)",
     R"(weft.toml:3:58: server_id is for one address, and "quic.example" may have several
endpoints = [{ address = "quic.example:443", server_id = "c4605e" }]
                                                         ^
)"},
    {"no server ids at all",
     R"([[cluster]]
name = "quic"
endpoints = ["10.0.2.1:443"]
)",
     R"(weft.toml:15:8: quic needs a server_id at the endpoints of cluster "quic"
quic = [{ rotation = 0, server_id_bytes = 3, nonce_bytes = 4 }]
       ^
)"},
};

TEST(BadQuic, Clusters) {
  expect_refused(bad_clusters, interface_and_listener);
}

}  // namespace

}  // namespace weft::mgmt::config
