// The gateway process itself, started in a namespace. What it promises of traffic is tried in
// tests/system.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

#include "mgmt/io/temporary_folder.h"
#include "tests/network_namespace.h"

namespace weft {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class GatewayStart : public testing::TestWithParam<const char*> {
 protected:
  std::string socket() const { return folder.file("weft.sock"); }

  // Of a gateway between eth1 and the twin.
  std::string configuration(const std::string& gateway_keys) const {
    return fmt::format(
        "[gateway]\nname = \"start-{0}\"\nstate_dir = \"{1}\"\nmemory_mib = 64\nwithdraw_ms = 0\n"
        "{2}\n"
        "[gateway.flows]\ntunnel4_flows_max = 1024\nnat4_flows_max = 1024\n"
        "[admin]\naddress = \"\"\nsocket = \"{3}\"\n"
        "[[interface]]\nname = \"edge\"\ndevice = \"af_packet:eth1\"\n"
        "addresses = [\"10.9.0.1/24\"]\n",
        getpid(), folder.file("state"), gateway_keys, socket());
  }

  Program start(const std::string& gateway_keys) const {
    const std::string file = folder.file("weft.toml");
    std::ofstream(file) << configuration(gateway_keys);
    return gateway.start({WEFTD, "--config", file});
  }

  // `weftctl status --json`, as soon as it is answered.
  std::string status() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Outcome outcome;
    do {
      outcome = gateway.run(fmt::format("{} --socket {} status --json", WEFTCTL, socket()));
    } while (outcome.exit_code != 0 && std::chrono::steady_clock::now() < deadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return outcome.output;
  }

  mgmt::TemporaryFolder folder;
  NetworkNamespace gateway;
  NetworkNamespace peer;
};

TEST_P(GatewayStart, TwoWorkersShareACpu) {
  connect(gateway, peer, {.left = "eth1", .right = "eth0"});
  peer.expect("ip addr add 10.9.0.2/24 dev eth0");
  Program weftd = start(fmt::format("workers = [0, 0]\nidle = \"{}\"", GetParam()));
  status();
  EXPECT_EQ(peer.run("ping -n -c 5 -i 0.02 -W 5 10.9.0.1").exit_code, 0);
  const std::string after = status();
  EXPECT_THAT(after,
              ContainsRegex("\"worker\":0,.*\"turns\":[1-9].*\"worker\":1,.*\"turns\":[1-9]"));
  EXPECT_THAT(after, ContainsRegex("\"buffers\":[1-9][0-9]+,\"buffers_free\":[1-9][0-9]+"));
  weftd.signal(SIGTERM);
  const Outcome outcome = weftd.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

INSTANTIATE_TEST_SUITE_P(Idle, GatewayStart, testing::Values("adaptive", "poll"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(GatewayCheck, TakesTheConfigurationOfThePktgenMeasurement) {
  const NetworkNamespace host;
  EXPECT_THAT(host.expect(WEFTD " --check " SOURCE_ROOT "/perf/pktgen/weft.toml"),
              HasSubstr("valid"));
}

}  // namespace
}  // namespace weft
