#include "dataplane/interface/device.h"

#include <gmock/gmock.h>

#include <string>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct Form {
  std::string text;
  DeviceKind kind;
  std::string argument;  // IF, NAME, PCI address, KEY=VALUE, or the last virtual device
};

std::string argument_of(const Device& device) {
  if (device.kind == DeviceKind::pci) return device.pci_address;
  if (device.kind == DeviceKind::vdev) return device.virtual_devices.back();
  return device.kernel_interface.empty() ? device.arguments : device.kernel_interface;
}

TEST(Device, EveryFormIsUnderstood) {
  const Form forms[] = {
      {"0000:3b:00.0", DeviceKind::pci, "0000:3b:00.0"},
      {"3B:00.1", DeviceKind::pci, "0000:3b:00.1"},
      {"af_xdp:eth1", DeviceKind::af_xdp, "eth1"},
      {"af_xdp:eth1:3", DeviceKind::af_xdp, "eth1"},
      {"af_packet:eth1", DeviceKind::af_packet, "eth1"},
      {"af_packet:eth1.120@x", DeviceKind::af_packet, "eth1.120@x"},
      {"tap:t0", DeviceKind::tap, "t0"},
      {"memif:role=server,id=1", DeviceKind::memif, "role=server,id=1"},
      {"pcap:rx_pcap=a.pcap,tx_pcap=b.pcap", DeviceKind::pcap, "rx_pcap=a.pcap,tx_pcap=b.pcap"},
      {"vdev:net_ring0", DeviceKind::vdev, "net_ring0"},
      {"vdev:net_tap1,iface=a;net_bonding0,mode=1,slave=net_tap1", DeviceKind::vdev,
       "net_bonding0,mode=1,slave=net_tap1"},
  };
  for (const Form& form : forms) {
    const auto device = parse_device(form.text);
    ASSERT_TRUE(device.has_value()) << form.text << ": " << device.error().message;
    EXPECT_EQ(device->kind, form.kind) << form.text;
    EXPECT_EQ(device->text, form.text);
    EXPECT_EQ(argument_of(*device), form.argument) << form.text;
  }
  EXPECT_EQ(parse_device("af_xdp:eth1")->queue, std::nullopt);
  EXPECT_EQ(parse_device("af_xdp:eth1:3")->queue, 3u);
}

TEST(Device, WhatIsMalformedIsQuotedWithTheReason) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "is neither a PCI address"},
      {"eth1", "is neither a PCI address"},
      {"0000:3b:00.8", "is neither a PCI address"},
      {"0000:3g:00.0", "is neither a PCI address"},
      {"AF_XDP:eth1", "is neither a PCI address"},
      {"af_xdp:", "the name of the kernel interface is missing"},
      {"af_xdp::1", "the name of the kernel interface is missing"},
      {"af_packet:", "the name of the kernel interface is missing"},
      {"tap:", "the name of the kernel interface is missing"},
      {"af_packet:sixteen-letters-", "longer than the 15 characters"},
      {"af_packet:eth 1", "\"eth 1\" is no interface name"},
      {"af_packet:a,b=c", "\"a,b=c\" is no interface name"},
      {"tap:../x", "\"../x\" is no interface name"},
      {"af_xdp:eth1:", "\"\" is no queue number"},
      {"af_xdp:eth1:x", "\"x\" is no queue number"},
      {"af_xdp:eth1:-1", "\"-1\" is no queue number"},
      {"af_xdp:eth1:1024", "\"1024\" is no queue number"},
      {"memif:", "\"\" is not KEY=VALUE"},
      {"memif:id", "\"id\" is not KEY=VALUE"},
      {"pcap:rx_pcap=", "\"rx_pcap=\" is not KEY=VALUE"},
      {"pcap:=a", "\"=a\" is not KEY=VALUE"},
      {"vdev:", "the name of a virtual device is missing"},
      {"vdev:net_ring0;", "the name of a virtual device is missing"},
      {"vdev:net_tap0,iface", "\"iface\" is not KEY=VALUE"},
  };
  for (const auto& [text, reason] : cases) {
    const auto device = parse_device(text);
    ASSERT_FALSE(device.has_value()) << text;
    EXPECT_THAT(device.error().message, StartsWith("device \"" + text + "\": ")) << text;
    EXPECT_THAT(device.error().message, HasSubstr(reason)) << text;
    EXPECT_EQ(device.error().fault, Fault::operator_input);
  }
}

TEST(Device, DevargsAreWhatDpdkExpects) {
  const auto args = [](std::string_view text, DevargsRequest request = {}) {
    return devargs(*parse_device(text), request);
  };
  EXPECT_THAT(args("0000:3b:00.0"), ElementsAre("0000:3b:00.0"));
  EXPECT_THAT(args("af_xdp:eth1", {.instance = 2, .start_queue = 5}),
              ElementsAre("net_af_xdp2,iface=eth1,start_queue=5,queue_count=1,busy_budget=0"));
  EXPECT_THAT(args("af_packet:eth1", {.queues = 3}),
              ElementsAre("net_af_packet0,iface=eth1,qpairs=3,blocksz=131072,framesz=2048,"
                          "framecnt=1024"));
  EXPECT_THAT(args("tap:t0", {.instance = 1}), ElementsAre("net_tap1,iface=t0"));
  EXPECT_THAT(args("memif:id=1"), ElementsAre("net_memif0,id=1"));
  EXPECT_THAT(args("pcap:rx_pcap=a"), ElementsAre("net_pcap0,rx_pcap=a"));
  EXPECT_THAT(args("vdev:net_ring0;net_bonding0,mode=1,slave=net_ring0,slave=3b:00.1"),
              ElementsAre("net_ring0", "0000:3b:00.1",
                          "net_bonding0,mode=1,slave=net_ring0,slave=3b:00.1"));
}

// The kernel takes rings only if blocks hold whole slots and every block is full.
TEST(Device, AfPacketRingsFitJumboFrames) {
  for (const uint32_t frame_bytes : {64u, 1518u, 1952u, 1953u, 9018u, 9222u, 65549u}) {
    const std::string args =
        devargs(*parse_device("af_packet:e"), {.frame_bytes_max = frame_bytes}).back();
    const auto value = [&](const std::string& key) {
      return std::stoul(args.substr(args.find(key + "=") + key.size() + 1));
    };
    const auto slot_bytes = value("framesz");
    EXPECT_GE(slot_bytes, frame_bytes + 82) << frame_bytes;
    EXPECT_EQ(slot_bytes % 16, 0u);
    ASSERT_LE(slot_bytes, value("blocksz"));
    EXPECT_EQ(value("framecnt") % (value("blocksz") / slot_bytes), 0u) << frame_bytes;
    EXPECT_GE(value("framecnt"), 1024u);
  }
}

TEST(Device, PciAddressesOfMembersAreFoundOnce) {
  const std::vector<Device> devices = {
      *parse_device("0000:3b:00.0"),
      *parse_device("vdev:net_bonding0,mode=4,slave=0000:3b:00.1,slave=3b:00.0"),
      *parse_device("af_xdp:eth1"),
  };
  EXPECT_THAT(pci_addresses(devices), ElementsAre("0000:3b:00.0", "0000:3b:00.1"));
}

}  // namespace
}  // namespace weft
