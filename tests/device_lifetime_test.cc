// Starting, dying and starting again; and what an operator is told when a device cannot be used.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "tests/shovel_lab.h"

namespace weft {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

class DeviceLifetime : public ShovelLab, public testing::WithParamInterface<const char*> {};

TEST_P(DeviceLifetime, StartsAgainAtOnceAfterKill) {
  lay_cable();
  for (int i = 0; i < 3; ++i) {
    Program shovel = start_with_twin({"--device", GetParam()});
    EXPECT_EQ(ping(twin_address).exit_code, 0) << "life " << i;
    shovel.signal(SIGKILL);
    EXPECT_EQ(shovel.finish().exit_code, 128 + SIGKILL);
  }
  EXPECT_NE(gateway.run(fmt::format("ls -d /var/run/dpdk/weft-shovel-{}", getpid())).exit_code, 0)
      << "a process that is killed leaves no files";
}

TEST_P(DeviceLifetime, OutlivesTheLossOfItsDevice) {
  lay_cable();
  Program shovel = start_with_twin({"--device", GetParam()});
  EXPECT_EQ(ping(twin_address).exit_code, 0);
  gateway.expect("ip link del eth1");
  gateway.run(fmt::format("ping -n -c 5 -i 0.02 -W 1 {}", peer_address));
  shovel.signal(SIGTERM);
  const Outcome outcome = shovel.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST_P(DeviceLifetime, StopsCleanlyAndLeavesTheDeviceToTheKernel) {
  lay_cable();
  Program shovel = start_with_twin({"--device", GetParam()});
  EXPECT_EQ(ping(twin_address).exit_code, 0);
  shovel.signal(SIGTERM);
  const Outcome outcome = shovel.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(gateway.run("ip link show twin0").exit_code, Not(0));
  EXPECT_THAT(gateway.expect("ip link show eth1"), Not(HasSubstr("xdp")));
  EXPECT_THAT(gateway.expect("nft list ruleset"), IsEmpty());
  gateway.expect(fmt::format("ip addr add {}/24 dev eth1", twin_address));
  EXPECT_EQ(ping(twin_address).exit_code, 0) << "the kernel has the device again";
}

TEST_P(DeviceLifetime, RefusesADeviceInUseAndSaysByWhom) {
  lay_cable();
  Program first = start_with_twin({"--device", GetParam()});
  const Outcome second =
      gateway.start({SHOVEL, "--name", "another", "--device", GetParam()}).finish();
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_EQ(second.output,
            fmt::format("interface edge: device \"{}\": kernel interface eth1 is in use by process "
                        "{} (shovel)\n",
                        GetParam(), first.pid()));
  EXPECT_EQ(ping(twin_address).exit_code, 0) << "the first is not disturbed";
}

INSTANTIATE_TEST_SUITE_P(Devices, DeviceLifetime, testing::Values("af_xdp:eth1", "af_packet:eth1"),
                         [](const auto& parameter) { return kind_of(parameter.param); });

// Where there are hugepages for one of them only, the other does without.
TEST_F(ShovelLab, ManyStartAtOnce) {
  for (int round = 0; round < 5; ++round) {
    std::vector<Program> started;
    for (int i = 0; i < 3; ++i) {
      started.push_back(gateway.start({SHOVEL, "--name", fmt::format("many-{}-{}", getpid(), i),
                                       "--device", "vdev:net_null0", "--echo"}));
    }
    for (Program& program : started) {
      const std::string line = program.wait_for("");
      EXPECT_TRUE(line.starts_with("ready ")) << line;
    }
  }
}

class DeviceErrors : public ShovelLab {
 protected:
  // Exit code 1, and nothing printed but the one line.
  std::string error_of(const std::vector<std::string>& arguments) {
    const Outcome outcome = gateway.start(shovel_command(arguments)).finish();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_THAT(outcome.output, MatchesRegex("[^\n]+\n"));
    return outcome.output;
  }
};

TEST_F(DeviceErrors, NoSuchInterface) {
  EXPECT_EQ(error_of({"--device", "af_xdp:nosuch0"}),
            "interface edge: device \"af_xdp:nosuch0\": there is no kernel interface \"nosuch0\" "
            "(see: ip link)\n");
}

TEST_F(DeviceErrors, NoSuchPciDevice) {
  EXPECT_EQ(error_of({"--device", "0000:ff:1f.7"}),
            "interface edge: device \"0000:ff:1f.7\": there is no PCI device of this address (see: "
            "lspci)\n");
}

TEST_F(DeviceErrors, NoSuchVirtualDriver) {
  EXPECT_THAT(error_of({"--device", "vdev:net_nosuch0"}),
              HasSubstr("device \"vdev:net_nosuch0\": "));
}

TEST_F(DeviceErrors, NoSuchQueue) {
  lay_cable();
  EXPECT_THAT(error_of({"--device", "af_xdp:eth1:7"}), HasSubstr("device \"af_xdp:eth1:7\": "));
}

// veth takes a program only if it has as many receive queues as its peer sends on; the kernel says
// so, and so do we.
TEST_F(DeviceErrors, TheKernelsOwnReasonIsPassedOn) {
  gateway.expect(
      "ip link add eth1 numrxqueues 1 numtxqueues 1 type veth peer name eth0 "
      "numrxqueues 2 numtxqueues 2 netns " +
      peer.path());
  peer.expect("ip link set eth0 up");
  EXPECT_EQ(
      error_of({"--device", "af_xdp:eth1"}),
      "interface edge: device \"af_xdp:eth1\": veth: XDP expects number of rx queues not less "
      "than peer tx queues\n");
}

TEST_F(DeviceErrors, MtuTooLargeForAfXdp) {
  lay_cable();
  peer.expect("ip link set eth0 mtu 9000");
  EXPECT_THAT(error_of({"--device", "af_xdp:eth1", "--mtu", "9000"}),
              MatchesRegex("interface edge: device \"af_xdp:eth1\": takes an MTU of at most [0-9]+ "
                           "bytes, not mtu_bytes = 9000\n"));
}

TEST_F(DeviceErrors, MtuTooLargeForTap) {
  EXPECT_THAT(error_of({"--device", "tap:t0", "--mtu", "9000"}),
              MatchesRegex("interface edge: device \"tap:t0\": takes an MTU of at most [0-9]+ "
                           "bytes, not mtu_bytes = 9000\n"));
}

TEST_F(DeviceErrors, TwoLinksAreNotQueuesOfOne) {
  gateway.expect("ip link add eth1 type veth peer name peer1");
  gateway.expect("ip link add eth2 type veth peer name peer2");
  EXPECT_THAT(error_of({"--device", "af_packet:eth1", "--device", "af_packet:eth2"}),
              HasSubstr("have different MAC addresses"));
}

TEST_F(DeviceErrors, TwinNameIsTaken) {
  lay_cable();
  gateway.expect("ip link add twin0 type dummy || ip tuntap add twin0 mode tap multi_queue");
  EXPECT_THAT(error_of({"--device", "af_packet:eth1", "--twin", "twin0"}),
              HasSubstr("twin twin0: cannot make the tap: "));
}

TEST_F(DeviceErrors, GatewayRunsAlready) {
  lay_cable();
  Program first = start_shovel({"--device", "af_packet:eth1", "--echo"});
  EXPECT_THAT(error_of({"--device", "af_packet:eth1"}),
              MatchesRegex("gateway shovel-[0-9]+ is in use by process [0-9]+ .shovel.; it runs "
                           "already\n"));
}

}  // namespace
}  // namespace weft
