#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
)";

constexpr BadInput bad_gateways[] = {
    {"unknown key",
     R"([gateway]
ilde = "poll"
)",
     R"(weft.toml:2:1: unknown key "ilde" in [gateway], did you mean "idle"?
ilde = "poll"
^
)"},
    {"unknown key, nothing near",
     R"([gateway]
colour = "red"
)",
     R"(weft.toml:2:1: unknown key "colour" in [gateway]
colour = "red"
^
)"},
    {"unknown key that belongs elsewhere",
     R"([gateway]
vlan = 3
)",
     R"(weft.toml:2:1: unknown key "vlan" in [gateway], it belongs in [[interface]]
vlan = 3
^
)"},
    {"unknown table",
     R"([gatewya]
name = "gw-1"
)",
     R"(weft.toml:1:2: unknown key "gatewya", did you mean "gateway"?
[gatewya]
 ^
)"},
    {"unknown table of a table",
     R"([gateway.flwos]
udp_timeout_ms = 5000
)",
     R"(weft.toml:1:10: unknown key "flwos" in [gateway], did you mean "flows"?
[gateway.flwos]
         ^
)"},
    {"unknown dotted key",
     R"(gateway.nmae = "gw-1"
)",
     R"(weft.toml:1:9: unknown key "nmae" in [gateway], did you mean "name"?
gateway.nmae = "gw-1"
        ^
)"},
    {"unknown key in an inline table",
     R"(gateway = { name = "gw-1", idel = "poll" }
)",
     R"(weft.toml:1:28: unknown key "idel" in [gateway], did you mean "idle"?
gateway = { name = "gw-1", idel = "poll" }
                           ^
)"},
    {"unknown quoted key",
     R"([gateway]
"worker s" = [1]
)",
     R"(weft.toml:2:1: unknown key "worker s" in [gateway], did you mean "workers"?
"worker s" = [1]
^
)"},
    {"the key of another table",
     R"([gateway]
level = "info"
)",
     R"(weft.toml:2:1: unknown key "level" in [gateway], it belongs in [log]
level = "info"
^
)"},
    {"wrong type",
     R"([gateway]
memory_mib = "256"
)",
     R"(weft.toml:2:14: memory_mib must be an integer, not a string
memory_mib = "256"
             ^
)"},
    {"a float is no integer",
     R"([gateway]
memory_mib = 256.0
)",
     R"(weft.toml:2:14: memory_mib must be an integer, not a float
memory_mib = 256.0
             ^
)"},
    {"a date is no string",
     R"([gateway]
name = 2025-01-31
)",
     R"(weft.toml:2:8: name must be a string, not a date or time
name = 2025-01-31
       ^
)"},
    {"a list is no string",
     R"([gateway]
name = ["gw-1"]
)",
     R"(weft.toml:2:8: name must be a string, not a list
name = ["gw-1"]
       ^
)"},
    {"a table is no list",
     R"([gateway]
workers = { first = 1 }
)",
     R"(weft.toml:2:11: workers must be a list of integers, not a table
workers = { first = 1 }
          ^
)"},
    {"no table",
     R"(gateway = "gw-1"
)",
     R"(weft.toml:1:11: gateway must be a table, not a string
gateway = "gw-1"
          ^
)"},
    {"below the range",
     R"([gateway]
memory_mib = 31
)",
     R"(weft.toml:2:14: memory_mib must be between 32 and 1048576, not 31
memory_mib = 31
             ^
)"},
    {"above the range",
     R"([gateway]
drain_timeout_ms = 86_400_001
)",
     R"(weft.toml:2:20: drain_timeout_ms must be between 0 and 86400000, not 86400001
drain_timeout_ms = 86_400_001
                   ^
)"},
    {"negative",
     R"([gateway]
withdraw_ms = -1
)",
     R"(weft.toml:2:15: withdraw_ms must be between 0 and 3600000, not -1
withdraw_ms = -1
              ^
)"},
    {"not a choice",
     R"([gateway]
idle = "busy"
)",
     R"(weft.toml:2:8: idle must be "poll" or "adaptive", not "busy"
idle = "busy"
       ^
)"},
    {"choices are spelled exactly",
     R"([gateway]
transit = "Twin"
)",
     R"(weft.toml:2:11: transit must be "drop" or "twin", not "Twin"
transit = "Twin"
          ^
)"},
    {"an empty name",
     R"([gateway]
name = ""
)",
     R"(weft.toml:2:8: name must be 1 to 64 letters, digits, ".", "_" or "-", not ""
name = ""
       ^
)"},
    {"a name with a space",
     R"([gateway]
name = "gw 1"
)",
     R"(weft.toml:2:8: name must be 1 to 64 letters, digits, ".", "_" or "-", not "gw 1"
name = "gw 1"
       ^
)"},
    {"a CPU that no host has",
     R"([gateway]
workers = [1, 4096]
)",
     R"(weft.toml:2:15: each of workers must be between 0 and 1023, not 4096
workers = [1, 4096]
              ^
)"},
    {"a CPU that is no number",
     R"([gateway]
workers = [1, "2"]
)",
     R"(weft.toml:2:15: each of workers must be an integer, not a string
workers = [1, "2"]
              ^
)"},
    {"no CPU",
     R"([gateway]
workers = []
)",
     R"(weft.toml:2:11: workers must name at least one CPU
workers = []
          ^
)"},
    {"a fleet without seed",
     R"([gateway]
fleet = "edge"
)",
     R"(weft.toml:2:9: missing key "hash_seed" in [gateway]: the gateways of a fleet need the same one
fleet = "edge"
        ^
)"},
    {"an empty seed",
     R"([gateway]
fleet = "edge"
hash_seed = ""
)",
     R"(weft.toml:3:13: hash_seed must be 1 to 256 bytes of printable text, not ""
hash_seed = ""
            ^
)"},
    {"a relative path",
     R"([gateway]
state_dir = "state"
)",
     R"(weft.toml:2:13: state_dir must be an absolute path, not "state"
state_dir = "state"
            ^
)"},
    {"no power of two",
     R"([gateway.flows]
tunnel4_flows_max = 1_000_000
)",
     R"(weft.toml:2:21: tunnel4_flows_max must be a power of two between 1024 and 67108864, not 1000000
tunnel4_flows_max = 1_000_000
                    ^
)"},
    {"a flow timeout too short",
     R"([gateway.flows]
udp_timeout_ms = 999
)",
     R"(weft.toml:2:18: udp_timeout_ms must be between 1000 and 604800000, not 999
udp_timeout_ms = 999
                 ^
)"},
    {"a socket path too long for the kernel",
     R"([admin]
socket = "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
)",
     R"(weft.toml:2:10: socket must be an absolute path of at most 107 bytes, not "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."
socket = "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         ^
)"},
    {"an address without port",
     R"([admin]
address = "127.0.0.1"
)",
     R"(weft.toml:2:11: address must be an IP address and a port, such as "127.0.0.1:9100", or "" for none, not "127.0.0.1"
address = "127.0.0.1"
          ^
)"},
    {"a log level of others",
     R"([log]
level = "warning"
)",
     R"(weft.toml:2:9: level must be "debug", "info", "warn" or "error", not "warning"
level = "warning"
        ^
)"},
    {"several at once, in the order of the file",
     R"([gateway]
name = 1
idle = 2
workers = 3

[log]
level = 4
)",
     R"(weft.toml:2:8: name must be a string, not an integer
name = 1
       ^
weft.toml:3:8: idle must be a string, not an integer
idle = 2
       ^
weft.toml:4:11: workers must be a list of integers, not an integer
workers = 3
          ^
weft.toml:7:9: level must be a string, not an integer
level = 4
        ^
)"},
};

}  // namespace

TEST(BadGateway, IsRefusedWithThisMessage) {
  expect_refused(bad_gateways, interface);
}

}  // namespace weft::mgmt::config
