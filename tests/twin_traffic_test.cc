// Real programs through interface and twin: what a host behind a gateway's interface meets.
#include <fmt/format.h>

#include <csignal>

#include "tests/shovel_lab.h"

namespace weft {
namespace {

using testing::HasSubstr;
using testing::Not;

class TwinTraffic : public ShovelLab, public testing::WithParamInterface<const char*> {
 protected:
  // A real HTTP transfer of a megabyte from the gateway's host.
  void fetch_from_twin() {
    const std::string folder = testing::TempDir() + fmt::format("twin_{}_{}", getpid(), GetParam());
    gateway.expect("mkdir -p '" + folder + "' && head -c 1000000 /dev/urandom > '" + folder +
                   "/f'");
    Program server = gateway.start({"python3", "-u", "-m", "http.server", "8000", "--bind",
                                    twin_address, "--directory", folder});
    EXPECT_THAT(server.wait_for("Serving"), HasSubstr("port 8000"));
    const std::string sum = gateway.expect("md5sum < '" + folder + "/f'");
    EXPECT_EQ(peer.expect(fmt::format("curl -sS -m 15 http://{}:8000/f | md5sum", twin_address)),
              sum);
    gateway.expect("rm -r '" + folder + "'");
  }
};

TEST_P(TwinTraffic, ArpPingAndHttpReachTheHost) {
  lay_cable();
  Program shovel = start_with_twin({"--device", GetParam()});
  EXPECT_EQ(ping(twin_address).exit_code, 0);
  const std::string mac = gateway.expect("cat /proc/net/arp > /dev/null; ip -br link show eth1");
  const std::string neighbour = peer.expect(fmt::format("ip neigh show {}", twin_address));
  const std::string address = neighbour.substr(neighbour.find("lladdr ") + 7, 17);
  EXPECT_THAT(mac, HasSubstr(address)) << "the twin answers with the device's MAC address";
  fetch_from_twin();
  EXPECT_EQ(gateway.run(fmt::format("ping -n -c 1 -W 10 {}", peer_address)).exit_code, 0);
}

TEST_P(TwinTraffic, NeighbourDiscoveryReachesTheHost) {
  lay_cable();
  Program shovel = start_with_twin({"--device", GetParam()});
  gateway.expect("ip addr add fd09::1/64 dev twin0 nodad");
  peer.expect("ip addr add fd09::2/64 dev eth0 nodad");
  EXPECT_EQ(ping("fd09::1").exit_code, 0);
}

// Two stacks have the address; one may answer. The control is that both do without the shovel's
// drop, which is what the kernel's address on eth1 is there for.
TEST_P(TwinTraffic, OnlyTheTwinAnswers) {
  lay_cable();
  gateway.expect(fmt::format("ip addr add {}/32 dev eth1", twin_address));
  EXPECT_EQ(gateway.run("sysctl -qw net.ipv4.conf.eth1.rp_filter=0").exit_code, 0);
  Program shovel = start_with_twin({"--device", GetParam()});
  const Outcome pings = peer.run(fmt::format("ping -n -c 20 -i 0.05 -W 5 {}", twin_address));
  EXPECT_EQ(pings.exit_code, 0) << pings.output;
  EXPECT_THAT(pings.output, HasSubstr("20 packets transmitted, 20 received, 0% packet loss"));
  EXPECT_THAT(pings.output, Not(HasSubstr("DUP!")));
}

// A frame of the host that is larger than a ring, burst or buffer would carry in one piece.
TEST_P(TwinTraffic, FullSizedPacketsArriveWhole) {
  lay_cable();
  Program shovel = start_with_twin({"--device", GetParam()});
  EXPECT_EQ(ping(twin_address, "-M do -s 1472").exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Devices, TwinTraffic, testing::Values("af_xdp:eth1", "af_packet:eth1"),
                         [](const auto& parameter) { return kind_of(parameter.param); });

class TwinVariants : public ShovelLab {};

TEST_F(TwinVariants, JumboFramesOnAfPacket) {
  lay_cable();
  peer.expect("ip link set eth0 mtu 9000");
  Program shovel = start_with_twin({"--device", "af_packet:eth1", "--mtu", "9000"});
  EXPECT_THAT(gateway.expect("ip link show eth1; ip link show twin0"),
              testing::ContainsRegex("mtu 9000.*(.|\n)*mtu 9000"));
  EXPECT_EQ(ping(twin_address, "-M do -s 8972").exit_code, 0);
}

TEST_F(TwinVariants, LargerFramesOnAfXdp) {
  lay_cable();
  peer.expect("ip link set eth0 mtu 3000");
  Program shovel = start_with_twin({"--device", "af_xdp:eth1", "--mtu", "3000"});
  EXPECT_EQ(ping(twin_address, "-M do -s 2972").exit_code, 0);
}

// Every receive queue of the cable is a device of its own; each worker serves one.
TEST_F(TwinVariants, TwoQueuesOfAfXdpAreTwoQueuesOfTheInterface) {
  lay_cable(2);
  Program shovel = gateway.start(
      shovel_command({"--device", "af_xdp:eth1", "--workers", "2", "--twin", "twin0"}));
  EXPECT_THAT(shovel.wait_for(""), HasSubstr("queues 2"));
  gateway.expect(fmt::format("ip link set twin0 up; ip addr add {}/24 dev twin0", twin_address));
  EXPECT_EQ(ping(twin_address).exit_code, 0);
  // UDP flows leave the peer on either queue; all are answered (refused).
  const std::string all_refused = fmt::format(
      "python3 -c \"\nimport socket\nfor port in range(20000, 20032):\n"
      "  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n  s.settimeout(10)\n"
      "  s.connect(('{}', port)); s.send(b'x')\n"
      "  try: s.recv(1)\n  except ConnectionRefusedError: pass\n  else: raise SystemExit(1)\"",
      twin_address);
  gateway.expect("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0");
  EXPECT_EQ(peer.run(all_refused).exit_code, 0);
}

TEST_F(TwinVariants, TwoQueuesAreServedByOneWorker) {
  lay_cable(2);
  Program shovel = start_with_twin({"--device", "af_xdp:eth1", "--workers", "1"});
  const Outcome pings = peer.run(fmt::format("ping -n -c 20 -i 0.02 -W 5 {}", twin_address));
  EXPECT_EQ(pings.exit_code, 0) << pings.output;
}

TEST_F(TwinVariants, TwoQueuesOfAfPacket) {
  lay_cable();
  Program shovel = gateway.start(
      shovel_command({"--device", "af_packet:eth1", "--workers", "2", "--twin", "twin0"}));
  EXPECT_THAT(shovel.wait_for(""), HasSubstr("queues 2"));
  gateway.expect(fmt::format("ip link set twin0 up; ip addr add {}/24 dev twin0", twin_address));
  EXPECT_EQ(ping(twin_address).exit_code, 0);
}

}  // namespace
}  // namespace weft
