// The device grammar of the configuration, and what DPDK has to be told for each. Pure: no DPDK, no
// kernel. (Configuration reference: [[interface]] device)
//
//   0000:3b:00.0                a PCI address
//   af_xdp:IF[:QUEUE]           a kernel interface by AF_XDP; without QUEUE all its receive queues
//   af_packet:IF                a kernel interface by AF_PACKET
//   tap:NAME                    a tap interface made for this
//   memif:KEY=VALUE,...         shared memory with another process
//   pcap:KEY=VALUE,...          capture files
//   vdev:NAME[,KEY=VALUE...]    any DPDK virtual device; several are separated by ';', made in
//                               order, and the last one is the device (bonding: members first)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"

namespace weft {

enum class DeviceKind : uint8_t { pci, af_xdp, af_packet, tap, memif, pcap, vdev };

struct Device {
  DeviceKind kind = DeviceKind::vdev;
  std::string text;                          // as configured: the name of the device in every error
  std::string kernel_interface;              // af_xdp, af_packet: IF; tap: NAME
  std::optional<uint32_t> queue;             // af_xdp: QUEUE
  std::string pci_address;                   // with domain, lower case
  std::string arguments;                     // memif, pcap: KEY=VALUE,...
  std::vector<std::string> virtual_devices;  // vdev: DPDK's strings, in order
  bool operator==(const Device&) const = default;
};

// Error: one sentence that quotes the text and says what is wrong with it.
Result<Device> parse_device(std::string_view text);

// The PCI addresses among devices and among the members of bonding devices: for EalSettings.
std::vector<std::string> pci_addresses(const std::vector<Device>& devices);

// What the interface wants of one DPDK device.
struct DevargsRequest {
  uint32_t instance = 0;     // makes the names of virtual devices unique in this process
  uint32_t queues = 1;       // af_packet
  uint32_t start_queue = 0;  // af_xdp
  uint32_t frame_bytes_max = 1518;
};

// What to probe, in order; the last is the device itself. The names of virtual devices given as
// "vdev:" stay as they are.
std::vector<std::string> devargs(const Device& device, const DevargsRequest& request);

// The device's name in DPDK: what stands before the first comma.
std::string_view devargs_name(std::string_view devargs);

}  // namespace weft
