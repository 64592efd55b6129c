// Real programs through interface and twin: what a host behind a gateway's interface meets.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ip_address.h"
#include "tests/packet_builder.h"
#include "tests/packet_socket.h"
#include "tests/shovel_lab.h"

namespace weft {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* asker_mac = "02:00:00:00:00:99";

// From 10.9.0.3, whose MAC address carries the number.
Frame arp_request(const char* address, uint16_t number) {
  Frame frame(42);
  std::fill_n(frame.begin(), 6, std::byte{0xff});
  const std::array<uint8_t, 16> start = {2, 0, 0, 0, 0, 0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  std::transform(start.begin(), start.end(), frame.begin() + 6,
                 [](uint8_t byte) { return std::byte{byte}; });
  store(&frame[10], be16(number));
  std::copy_n(frame.begin() + 6, 6, frame.begin() + 22);
  store(&frame[28], be32(0x0a090003));
  store(&frame[38], IpAddress::parse(address)->v4());
  return frame;
}

uint16_t arp_reply_to(const Frame& frame) {
  const bool reply = frame.size() >= 42 && load<be16>(&frame[12]) == be16(0x0806) &&
                     load<be16>(&frame[20]) == be16(2);
  return reply ? load<be16>(&frame[36]).host() : 0;
}

Frame syn(const std::string& mac) {
  return test::ethernet()
      .to(mac)
      .from(asker_mac)
      .ipv4("10.9.0.2", "10.9.0.1")
      .tcp(1000, 81, 2)
      .build();
}

bool is_reset(const Frame& frame) {
  return frame.size() >= 54 && load<be16>(&frame[12]) == be16(0x0800) &&
         frame[23] == std::byte{6} && (frame[47] & std::byte{4}) != std::byte{0};
}

class TwinTraffic : public ShovelLab, public testing::WithParamInterface<const char*> {
 protected:
  std::string gateway_mac() const {
    const std::string link = gateway.expect("ip link show eth1");
    return link.substr(link.find("link/ether ") + 11, 17);
  }

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
  EXPECT_THAT(peer.expect(fmt::format("ip neigh show {}", twin_address)), HasSubstr(gateway_mac()))
      << "the twin answers with the device's MAC address";
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

// ARP requests and connections to a closed L4 port. Only the twin answers the last question; what
// any stack says to the first comes before that.
TEST_P(TwinTraffic, ArpAndResetsComeOnce) {
  lay_cable();
  gateway.expect(fmt::format("ip addr add {}/32 dev eth1", twin_address));
  gateway.expect("sysctl -qw net.ipv4.conf.eth1.rp_filter=0 net.ipv4.conf.eth1.arp_ignore=1");
  Program shovel = start_with_twin({"--device", GetParam()});
  gateway.expect("ip addr add 10.9.0.11/32 dev twin0");
  EXPECT_EQ(ping(twin_address).exit_code, 0);  // both know each other's link address now
  PacketSocket socket(peer, "eth0");
  uint16_t last_number = 2000;
  const auto count = [&](const Frame& question, const std::function<bool(const Frame&)>& answers) {
    const uint16_t number = ++last_number;
    socket.send(question);
    socket.send(arp_request("10.9.0.11", number));
    int answered = 0;
    const Frame last = socket.receive([&](const Frame& frame) {
      answered += answers(frame) ? 1 : 0;
      return arp_reply_to(frame) == number;
    });
    EXPECT_FALSE(last.empty());
    return answered;
  };
  EXPECT_EQ(count(arp_request(twin_address, 1000),
                  [](const Frame& frame) { return arp_reply_to(frame) == 1000; }),
            1);
  EXPECT_EQ(count(syn(gateway_mac()), is_reset), 1);
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

TEST_F(TwinVariants, OneQueueForTwoWorkersIsOneQueue) {
  lay_cable();
  Program shovel =
      gateway.start(shovel_command({"--device", "af_xdp:eth1", "--workers", "2", "--echo"}));
  EXPECT_THAT(shovel.wait_for(""), HasSubstr("queues 1"));
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
