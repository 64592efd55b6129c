#include "mgmt/admin/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/admin/status_json.h"
#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;

TEST(StatusText, ShowsThePeersOfAFleet) {
  ExampleWorkers workers(2);
  workers[0].at_risk.flows.set(7);
  workers[1].at_risk.flows.set(5);
  GatewayStatus status = example_status(1);
  status.fleet.flows_known = 31;
  status.fleet.flows_known_max = 65536;
  PeerStatus peer{.address = *IpAddress::parse("10.0.0.253"), .port = 7946};
  status.fleet.peers.push_back(peer);
  peer.heard = peer.lives = true;
  peer.last_heard = example_now - milliseconds(2000);
  peer.processes = 2;
  peer.flows_heard = 410;
  status.fleet.peers.push_back(peer);
  peer.lives = false;
  status.fleet.peers.push_back(peer);
  const Result<std::string> text = status_text(status_json(example_report(status, workers)));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr(R"(
PEER             LAST HEARD      STARTS  FLOWS HEARD  REFUSED  REPEATED
10.0.0.253:7946  never                0            0        0         0
10.0.0.253:7946  2 s                  2          410        0         0
10.0.0.253:7946  silent for 2 s       2          410        0         0
flows at risk here 12, of peers 31 of 65536
)"));
}

TEST(StatusText, ShowsEverythingInTables) {
  ExampleWorkers workers(2);
  workers[0].listeners[0].flows.set(1204);
  workers[0].listeners[0].packets.set(9'640);
  workers[0].listeners[0].bytes.set(5'120'400);
  workers[0].endpoints[0].flows.set(602);
  workers[0].endpoints[0].flows_active.set(12);
  workers[1].turn.busy_cycles.set(300'000);
  workers[1].turn.idle_cycles.set(100'000);
  workers[1].turn.packets.set(1'000);
  workers[1].nat4_flows.entries_max.set(1'048'576);
  workers[0].dropped[static_cast<std::size_t>(Drop::no_listener)].set(41);
  GatewayStatus status = example_status(2);
  EndpointStatus& second = status.clusters[0].endpoints[1];
  second.state = EndpointState::down;
  status.clusters[0].endpoints[0].new_flows_share = 0.5;
  second.host = "b";
  second.why = "connection refused";
  Order order = order_about("web/10.0.0.9:8080").value();
  order.kind = OrderKind::drain;
  order.by = "alice, uid 0";
  order.at = std::chrono::sys_seconds(seconds(1'767'323'045));
  status.orders.push_back({order, false});
  Report report = example_report(status, workers);
  report.devices[0] = {.receive_missed = 12,
                       .receive_errors = 4,
                       .receive_no_buffer = 3,
                       .transmit_errors = 5,
                       .buffers = 8192,
                       .buffers_free = 7000};
  const Result<std::string> text = status_text(status_json(report));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, R"(gateway gw-1  serving, ready, up 1 h 0 min, weft 0.1.0
config version 3 for 1 min 0 s, snapshot generation 17, policy generations 1
probes 0 of 4096, loop lag 1.5 ms

LISTENER  ADDRESS          PROTOCOL  FORWARD  CLUSTER  FLOWS  PACKETS   BYTES  DROPS  READY
web       203.0.113.10:80  tcp       nat      web       1204     9640  5.12 M      0  yes

CLUSTER web: 1 of 2 endpoints healthy, 1021 Maglev slots
  ENDPOINT           WEIGHT  STATE                 FOR  ACTIVE  FLOWS  PACKETS  BYTES  WHY
  10.0.0.1:8080           1  healthy, 50 %  1 min 30 s      12    602        0      0  status 200
  10.0.0.2:8080 (b)       1  down           1 min 30 s       0      0        0      0  connection refused

ORDER  ENDPOINT           BY            AT
drain  web/10.0.0.9:8080  alice, uid 0  2026-01-02T03:04:05Z  no such endpoint now

INTERFACE  RECEIVED  BYTES  SENT  BYTES  TO TWIN  FROM TWIN  MISSED  NO BUFFER  ERRORS  BUFFERS FREE
edge              0      0     0      0        0          0      12          3       9  7000 of 8192

WORKER    BUSY  CYCLES/PACKET  PACKETS  HANDED OFF  HANDED OVER  SNAPSHOT
     0   0.0 %              0        0           0            0         0
     1  75.0 %            300     1000           0            0         0

WORKER  TUNNEL4 FLOWS  TUNNEL6 FLOWS   NAT4 FLOWS  NAT6 FLOWS
     0         0 of 0         0 of 0       0 of 0      0 of 0
     1         0 of 0         0 of 0  0 of 1.05 M      0 of 0

DROP         PACKETS
no_listener       41
)");
}

TEST(StatusText, SaysWhatIsWrong) {
  GatewayStatus status = example_status(1);
  status.phase = Phase::starting;
  status.listeners[0].ready = false;
  status.listeners[0].why = "waits for the first probes";
  status.clusters[0].probed_through = "web";
  status.clusters[0].resolve_error = "host name \"x\" does not exist";
  status.last_reload_error = "weft.toml:3:1: unknown key";
  const Result<std::string> text =
      status_text(status_json(example_report(status, ExampleWorkers(1))));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("gw-1  starting, not ready"));
  EXPECT_THAT(*text, HasSubstr("no: waits for the first probes\n"));
  EXPECT_THAT(*text, HasSubstr("Maglev slots, probed through web\n"));
  EXPECT_THAT(*text, HasSubstr("  host name \"x\" does not exist\n"));
  EXPECT_THAT(*text, HasSubstr("last reload refused: weft.toml:3:1: unknown key\n"));
}

TEST(StatusText, OfAnotherVersionShowsWhatItFinds) {
  EXPECT_TRUE(status_text("{\"gateway\":\"x\",\"listeners\":[{}],\"workers\":7}"));
}

TEST(StatusText, WhatIsNoStatusIsAnError) {
  for (const char* text : {"", "{", "[]", "{}", "404", "{\"gateway\":\"x\"} trailing"}) {
    const Result<std::string> refused = status_text(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message, HasSubstr("is not a status"));
  }
}

TEST(TextOf, IsWhatTheKeySaysOrTheAnswerAsItIs) {
  EXPECT_EQ(text_of("{\"error\":\"weft.toml:3:1: a \\\"b\\\"\\nand more\"}\n", "error"),
            "weft.toml:3:1: a \"b\"\nand more");
  EXPECT_EQ(text_of("no answer in time", "error"), "no answer in time");
  EXPECT_EQ(text_of("{\"error\":7}", "error"), "{\"error\":7}");
}

}  // namespace
}  // namespace weft::mgmt
