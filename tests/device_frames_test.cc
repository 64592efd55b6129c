// The same bytes leave whatever the device can do itself: frames are sent to a gateway that sends
// them back in three segments (shovel --echo). AF_XDP takes one segment, the others several.
#include <fmt/format.h>

#include <algorithm>

#include "dataplane/base/byte_order.h"
#include "tests/packet_socket.h"
#include "tests/shovel_lab.h"

namespace weft {
namespace {

// An IPv4 packet with protocol 253 (for experiments) and a valid header checksum.
Frame ip_frame(uint32_t bytes, uint16_t number) {
  Frame frame(bytes);
  for (uint32_t i = 0; i < bytes; ++i) frame[i] = static_cast<std::byte>(i * 7 + number);
  std::fill_n(frame.begin(), 6, std::byte{0xff});
  const std::array<uint8_t, 6> source = {2, 0, 0, 0, 0, 9};
  std::transform(source.begin(), source.end(), frame.begin() + 6,
                 [](uint8_t b) { return std::byte{b}; });
  store(&frame[12], be16(0x0800));
  frame[14] = std::byte{0x45};
  frame[15] = std::byte{0};
  store(&frame[16], be16(static_cast<uint16_t>(bytes - 14)));
  store(&frame[18], be16(number));
  store(&frame[20], be16(0));
  frame[22] = std::byte{64};
  frame[23] = std::byte{253};
  store(&frame[24], be16(0));
  store(&frame[26], be32(0x0a090002));
  store(&frame[30], be32(0x0a090063));
  uint32_t sum = 0;
  for (uint32_t i = 14; i < 34; i += 2) sum += load<be16>(&frame[i]).host();
  sum = (sum & 0xffff) + (sum >> 16);
  store(&frame[24], be16(static_cast<uint16_t>(~((sum & 0xffff) + (sum >> 16)))));
  return frame;
}

Frame with_tag(Frame frame, uint16_t vlan) {
  std::array<std::byte, 4> tag{};
  store(tag.data(), be16(0x8100));
  store(tag.data() + 2, be16(vlan));
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

Frame returned(Frame frame) {
  std::swap_ranges(frame.begin(), frame.begin() + 6, frame.begin() + 6);
  return frame;
}

class DeviceFrames : public ShovelLab {
 protected:
  static void expect_back(PacketSocket& socket, const Frame& sent) {
    socket.send(sent);
    const Frame wanted = returned(sent);
    const Frame got = socket.receive([&](const Frame& frame) {
      return std::equal(frame.begin(), frame.begin() + 14, wanted.begin());
    });
    ASSERT_EQ(got.size(), wanted.size());
    const auto differs = std::mismatch(got.begin(), got.end(), wanted.begin()).first;
    EXPECT_EQ(differs - got.begin(), static_cast<std::ptrdiff_t>(wanted.size()));
  }

  static void expect_every_size_back(PacketSocket& socket, uint32_t bytes_max) {
    uint16_t number = 1;
    for (const uint32_t bytes : {60u, 61u, 64u, 576u, 1513u, bytes_max}) {
      expect_back(socket, ip_frame(bytes, number++));
    }
  }
};

TEST_F(DeviceFrames, AfXdp) {
  lay_cable();
  Program shovel = start_shovel({"--device", "af_xdp:eth1", "--echo"});
  PacketSocket socket(peer, "eth0");
  expect_every_size_back(socket, 1514);
}

TEST_F(DeviceFrames, AfPacket) {
  lay_cable();
  Program shovel = start_shovel({"--device", "af_packet:eth1", "--echo"});
  PacketSocket socket(peer, "eth0");
  expect_every_size_back(socket, 1514);
}

TEST_F(DeviceFrames, AfPacketJumbo) {
  lay_cable();
  peer.expect("ip link set eth0 mtu 9000");
  Program shovel = start_shovel({"--device", "af_packet:eth1", "--echo", "--mtu", "9000"});
  PacketSocket socket(peer, "eth0");
  expect_every_size_back(socket, 9014);
}

TEST_F(DeviceFrames, Tap) {
  Program shovel = start_shovel({"--device", "tap:t0", "--echo"});
  PacketSocket socket(gateway, "t0");
  expect_every_size_back(socket, 1514);
}

TEST_F(DeviceFrames, VlanTagsStayInTheFrame) {
  lay_cable();
  for (const char* device : {"af_xdp:eth1", "af_packet:eth1"}) {
    Program shovel = start_shovel({"--device", device, "--echo", "--vlan"});
    PacketSocket socket(peer, "eth0");
    expect_back(socket, with_tag(ip_frame(1514, 7), 120));
  }
}

TEST_F(DeviceFrames, BondOfTwoTaps) {
  Program shovel =
      start_shovel({"--device",
                    "vdev:net_tap8,iface=b0;net_tap9,iface=b1;"
                    "net_bonding0,mode=1,slave=net_tap8,slave=net_tap9,primary=net_tap8",
                    "--echo"});
  PacketSocket socket(gateway, "b0");
  expect_every_size_back(socket, 1514);
}

}  // namespace
}  // namespace weft
