#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view interface = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
)";

constexpr BadInput bad_clusters[] = {
    {"balancing of later versions",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
balance = "round_robin"
)",
     R"(weft.toml:4:11: balance must be "maglev", not "round_robin"
balance = "round_robin"
          ^
)"},
    {"an endpoint without port",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1"]
)",
     R"(weft.toml:3:14: "10.0.2.1" needs a port, as in "10.0.2.1:80"
endpoints = ["10.0.2.1"]
             ^
)"},
    {"a mistyped IPv4 address",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.300:80"]
)",
     R"(weft.toml:3:14: "10.0.2.300:80" is no IPv4 address
endpoints = ["10.0.2.300:80"]
             ^
)"},
    {"a name that no resolver takes",
     R"([[cluster]]
name = "web"
endpoints = ["web_1.example:80", "-web.example:80"]
)",
     R"(weft.toml:3:34: "-web.example:80" is neither an IP address nor a host name
endpoints = ["web_1.example:80", "-web.example:80"]
                                 ^
)"},
    {"a link-local endpoint",
     R"([[cluster]]
name = "web"
endpoints = ["[fe80::1]:80"]
)",
     R"(weft.toml:3:14: "[fe80::1]:80" is a link-local address, which is on no link for sure
endpoints = ["[fe80::1]:80"]
             ^
)"},
    {"the loopback interface",
     R"([[cluster]]
name = "web"
endpoints = ["127.0.0.1:80"]
)",
     R"(weft.toml:3:14: "127.0.0.1:80" is a loopback address
endpoints = ["127.0.0.1:80"]
             ^
)"},
    {"a number",
     R"([[cluster]]
name = "web"
endpoints = [80]
)",
     R"(weft.toml:3:14: each of endpoints must be a string or a table, not an integer
endpoints = [80]
             ^
)"},
    {"a single string",
     R"([[cluster]]
name = "web"
endpoints = "10.0.2.1:80"
)",
     R"(weft.toml:3:13: endpoints must be a list, not a string
endpoints = "10.0.2.1:80"
            ^
)"},
    {"an endpoint twice",
     R"([[cluster]]
name = "web"
endpoints = [
  "10.0.2.1:80",
  { address = "10.0.2.1:80", weight = 2 },
]
)",
     R"(weft.toml:5:15: endpoint "10.0.2.1:80" is in this cluster already, in line 4
  { address = "10.0.2.1:80", weight = 2 },
              ^
)"},
    {"an endpoint without address",
     R"([[cluster]]
name = "web"
endpoints = [{ weight = 2 }]
)",
     R"(weft.toml:3:14: missing key "address" in [[cluster.endpoints]]
endpoints = [{ weight = 2 }]
             ^
)"},
    {"a weight too large",
     R"([[cluster]]
name = "web"
endpoints = [{ address = "10.0.2.1:80", weight = 65536 }]
)",
     R"(weft.toml:3:50: weight must be between 0 and 65535, not 65536
endpoints = [{ address = "10.0.2.1:80", weight = 65536 }]
                                                 ^
)"},
    {"the gateway itself",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.0.254:80"]
)",
     R"(weft.toml:3:14: endpoint "10.0.0.254:80" overlaps an address of interface "edge" (line 8): an endpoint cannot be the gateway itself
endpoints = ["10.0.0.254:80"]
             ^
)"},
    {"a slot count that is none",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
maglev_slots = 1024
)",
     R"(weft.toml:4:16: maglev_slots must be one of 1021, 4093, 16381, 65521, 262139, 1048573, not 1024
maglev_slots = 1024
               ^
)"},
    {"a limit below the workers",
     R"([gateway]
workers = [0, 1, 2]
[[cluster]]
name = "web"
endpoint_flows_max = 2
)",
     R"(weft.toml:5:22: endpoint_flows_max must be at least 3: every worker takes its part of it
endpoint_flows_max = 2
                     ^
)"},
    {"health by nothing",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { interval_ms = 1000 }
)",
     R"(weft.toml:4:10: health needs tcp = true, or http = "/path"
health = { interval_ms = 1000 }
         ^
)"},
    {"health by both",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = true, http = "/" }
)",
     R"(weft.toml:4:31: health is by tcp or by http, not both
health = { tcp = true, http = "/" }
                              ^
)"},
    {"health by tcp = false",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = false }
)",
     R"(weft.toml:4:18: tcp must be true, or absent
health = { tcp = false }
                 ^
)"},
    {"a key of http health",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = true, status = "200" }
)",
     R"(weft.toml:4:24: status is for health by http only
health = { tcp = true, status = "200" }
                       ^
)"},
    {"a mistyped kind of health",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { htpt = "/healthz" }
)",
     R"(weft.toml:4:12: unknown key "htpt" in [cluster.health], did you mean "http"?
health = { htpt = "/healthz" }
           ^
)"},
    {"a path that is none",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { http = "healthz" }
)",
     R"(weft.toml:4:19: http must be a path that begins with "/", without spaces, not "healthz"
health = { http = "healthz" }
                  ^
)"},
    {"a status that is none",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { http = "/", status = "2xx" }
)",
     R"(weft.toml:4:33: "2xx" is no status or range of statuses between 100 and 599
health = { http = "/", status = "2xx" }
                                ^
)"},
    {"a status as a number",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { http = "/", status = 200 }
)",
     R"(weft.toml:4:33: status must be a string such as "200-399", not an integer
health = { http = "/", status = 200 }
                                ^
)"},
    {"a timeout above the interval",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = true, interval_ms = 500, timeout_ms = 501 }
)",
     R"(weft.toml:4:56: timeout_ms (501) must not be above interval_ms (500): a probe ends before the next begins
health = { tcp = true, interval_ms = 500, timeout_ms = 501 }
                                                       ^
)"},
    {"the default timeout above the interval",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = true, interval_ms = 200 }
)",
     R"(weft.toml:4:38: timeout_ms (300) must not be above interval_ms (200): a probe ends before the next begins
health = { tcp = true, interval_ms = 200 }
                                     ^
)"},
    {"zero failures",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
health = { tcp = true, fall = 0 }
)",
     R"(weft.toml:4:31: fall must be between 1 and 100, not 0
health = { tcp = true, fall = 0 }
                              ^
)"},
    {"names twice",
     R"([[cluster]]
name = "web"
endpoints = ["10.0.2.1:80"]
[[cluster]]
name = "web"
endpoints = []
)",
     R"(weft.toml:5:8: cluster "web" exists already, in line 2
name = "web"
       ^
)"},
};

}  // namespace

TEST(BadCluster, IsRefusedWithThisMessage) {
  expect_refused(bad_clusters, interface);
}

}  // namespace weft::mgmt::config
