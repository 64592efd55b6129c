// The twin against a real kernel, in a namespace of its own.
#include "dataplane/interface/twin.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <rte_mbuf.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <thread>

#include "tests/network_namespace.h"
#include "tests/packet_pool.h"
#include "tests/packet_socket.h"

namespace weft {
namespace {

using test::Bytes;
using test::bytes_of;
using test::free_packet;
using testing::HasSubstr;
using testing::Not;

constexpr std::array<uint8_t, 6> mac = {2, 0, 0, 0, 0, 0x11};

class TwinTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Twin>> open(TwinSettings settings = {}) {
    const auto inside = host.enter();
    settings.name = "twin0";
    settings.mac = mac;
    settings.buffers = pool.get();
    return Twin::open(settings);
  }
  // Not even the kernel's own IPv6 chatter.
  void bring_up_quietly() {
    host.expect("sysctl -qw net.ipv6.conf.twin0.disable_ipv6=1; ip link set twin0 up");
  }
  // What the kernel sends, until `wanted`; frames of other kinds are passed over.
  Bytes receive_from(Twin& twin, const std::function<bool(const Bytes&)>& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      for (uint32_t queue = 0; queue < twin.queues(); ++queue) {
        std::array<Packet, 1> packet;
        if (twin.receive(queue, packet) == 0) continue;
        const Bytes bytes = bytes_of(packet[0]);
        free_packet(packet[0]);
        if (wanted(bytes)) return bytes;
      }
      std::this_thread::yield();
    }
    return {};
  }

  test::PacketPool pool;
  NetworkNamespace host;
};

Bytes frame_of(std::size_t payload_bytes) {
  return test::ethernet()
      .to("02:00:00:00:00:11")
      .from("02:00:00:00:00:22")
      .ipv4("10.0.0.2", "10.0.0.1")
      .udp(1000, 2000)
      .payload_bytes(payload_bytes)
      .build();
}

TEST_F(TwinTest, HasTheDevicesMacAndMtuAndEndsWithTheObject) {
  {
    const auto twin = open({.mtu_bytes = 1400});
    ASSERT_TRUE(twin.has_value()) << twin.error().message;
    const std::string link = host.expect("ip link show twin0");
    EXPECT_THAT(link, HasSubstr("02:00:00:00:00:11"));
    EXPECT_THAT(link, HasSubstr("mtu 1400"));
    EXPECT_THAT(link, Not(HasSubstr("UP")));
  }
  EXPECT_NE(host.run("ip link show twin0").exit_code, 0);
}

TEST_F(TwinTest, ANameThatIsTakenIsAnError) {
  const auto first = open();
  const auto second = open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().message,
            "twin twin0: cannot make the tap: Device or resource busy: an interface of that name "
            "exists already");
}

TEST_F(TwinTest, ANameThatIsTooLongIsAnError) {
  const auto refused = Twin::open({.name = "sixteen-letters-", .buffers = pool.get()});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "twin \"sixteen-letters-\": an interface name has 1 to 15 characters");
}

TEST_F(TwinTest, FramesGoToTheKernelWhole) {
  for (const std::size_t segment_bytes : {std::size_t{65000}, std::size_t{100}}) {
    const auto twin = open();
    bring_up_quietly();
    PacketSocket kernel(host, "twin0");
    std::array<Packet, 1> packets = {
        pool.make(frame_of(1000), static_cast<uint32_t>(segment_bytes))};
    EXPECT_EQ((*twin)->transmit(0, packets), 1u);
    EXPECT_EQ(kernel.receive([](const Frame&) { return true; }), frame_of(1000));
  }
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST_F(TwinTest, FramesComeFromTheKernelWholeAndInSeveralBuffersIfNeedBe) {
  for (const uint32_t mtu_bytes : {1500u, 9000u}) {
    const auto twin = open({.mtu_bytes = mtu_bytes});
    bring_up_quietly();
    PacketSocket kernel(host, "twin0");
    const Bytes sent = frame_of(mtu_bytes - 28);
    kernel.send(sent);
    EXPECT_EQ(receive_from(**twin, [](const Bytes&) { return true; }), sent);
  }
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST_F(TwinTest, FramesThatComeInTurnsAreNeverLeftLying) {
  const auto twin = open();
  bring_up_quietly();
  PacketSocket kernel(host, "twin0");
  for (std::size_t i = 0; i < 2000; ++i) {
    kernel.send(frame_of(i % 500));
    if (i % 3 == 0) kernel.send(frame_of(600 + i % 500));
    ASSERT_EQ(receive_from(**twin, [](const Bytes&) { return true; }), frame_of(i % 500)) << i;
    if (i % 3 != 0) continue;
    ASSERT_EQ(receive_from(**twin, [](const Bytes&) { return true; }), frame_of(600 + i % 500));
  }
}

// A host's TCP and UDP over the twin: the checksums must be in the packets.
TEST_F(TwinTest, TheKernelSendsCompleteChecksums) {
  const auto twin = open();
  bring_up_quietly();
  host.expect("ip addr add 10.0.0.1/24 dev twin0");
  host.expect("ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev twin0");
  host.expect(
      "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
      "s.bind(('10.0.0.1', 1000)); s.sendto(b'hello', ('10.0.0.2', 2000))\"");
  const Bytes got =
      receive_from(**twin, [](const Bytes& bytes) { return bytes.at(12) == std::byte{8}; });
  ASSERT_EQ(got.size(), 14u + 20 + 8 + 5);
  const Bytes wanted =
      test::ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1000, 2000).payload("hello").build();
  EXPECT_TRUE(std::equal(got.begin() + 34, got.end(), wanted.begin() + 34));
}

TEST_F(TwinTest, EveryQueueIsServed) {
  const auto twin = open({.queues = 2});
  EXPECT_EQ((*twin)->queues(), 2u);
  bring_up_quietly();
  host.expect("ip addr add 10.0.0.1/24 dev twin0");
  host.expect("ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev twin0");
  // Flows spread by hash: both queues get some, and none is lost.
  host.expect(
      "python3 -c \"import socket\nfor port in range(20000, 20064):\n"
      "  socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.2', port))\"");
  for (int i = 0; i < 64; ++i) {
    ASSERT_FALSE(
        receive_from(**twin, [](const Bytes& bytes) { return bytes.at(12) == std::byte{8}; })
            .empty())
        << i;
  }
}

TEST_F(TwinTest, ATwinThatIsDownTakesNothing) {
  const auto twin = open();
  std::array<Packet, 2> packets = {pool.make(frame_of(10)), pool.make(frame_of(20))};
  EXPECT_EQ((*twin)->transmit(0, packets), 0u);
  EXPECT_EQ(bytes_of(packets[0]), frame_of(10)) << "still the caller's";
  EXPECT_EQ(bytes_of(packets[1]), frame_of(20));
  bring_up_quietly();
  EXPECT_EQ((*twin)->transmit(0, packets), 2u);
  EXPECT_EQ(pool.buffers_out(), 0u);
}

TEST_F(TwinTest, TheKernelSeesTheCarrier) {
  const auto twin = open();
  bring_up_quietly();
  (*twin)->set_carrier(false);
  EXPECT_THAT(host.expect("ip link show twin0"), HasSubstr("NO-CARRIER"));
  (*twin)->set_carrier(true);
  EXPECT_THAT(host.expect("ip link show twin0"), HasSubstr("LOWER_UP"));
}

// Kills the process on what a poll would use.
void forbid_system_calls_of_polls() {
  const std::array filter = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_readv, 3, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_ctl, 2, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_wait, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  sock_fprog program = {.len = filter.size(), .filter = const_cast<sock_filter*>(filter.data())};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(TwinTest, AnIdlePollIsNoSystemCall) {
  const auto twin = open();
  std::array<Packet, 32> packets;
  EXPECT_EQ((*twin)->receive(0, packets), 0u);  // finds that there is nothing
  std::thread([&] {
    forbid_system_calls_of_polls();
    uint32_t received = 0;
    for (int i = 0; i < 1'000'000; ++i) received += (*twin)->receive(0, packets);
    EXPECT_EQ(received, 0u);
  }).join();
}

}  // namespace
}  // namespace weft
