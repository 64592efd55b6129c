#include "dataplane/interface/dpdk_device.h"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <utility>

#include "dataplane/interface/device_pci.h"
#include "dataplane/interface/dpdk_buffers.h"
#include "dataplane/interface/driver_log.h"

namespace weft {

static constexpr uint16_t descriptors_wanted = 1024;
// The AF_XDP driver fills a ring of this size when it starts, whatever it is told.
static constexpr uint32_t af_xdp_ring_buffers = 2048;
// The tap driver takes one buffer a descriptor for the segments of the next frame.
static constexpr uint16_t tap_descriptors = 32;

// The kernel leaves so much room before a frame that it puts into a buffer.
static constexpr uint32_t xdp_headroom_bytes = 256;
// The AF_PACKET driver wants a whole slot of the kernel's ring to fit a buffer, header and all.
static constexpr uint32_t af_packet_slot_overhead_bytes = 128;
static constexpr uint32_t af_packet_standard_frame_bytes =
    standard_buffer_bytes - af_packet_slot_overhead_bytes;

// What a frame must have in one buffer for the driver; 0: nothing special.
static uint32_t buffer_bytes_of(DeviceKind kind, uint32_t frame_bytes_max) {
  if (kind == DeviceKind::af_xdp) return frame_bytes_max + xdp_headroom_bytes;
  if (kind == DeviceKind::af_packet && frame_bytes_max > af_packet_standard_frame_bytes) {
    return frame_bytes_max + af_packet_slot_overhead_bytes;
  }
  return 0;
}

BufferNeed buffer_need(DeviceKind kind, uint32_t frame_bytes_max) {
  const bool af_xdp = kind == DeviceKind::af_xdp;
  return {
      af_xdp ? 3 * af_xdp_ring_buffers : 2u * descriptors_wanted,
      std::max({standard_buffer_bytes, frame_bytes_max, buffer_bytes_of(kind, frame_bytes_max)})};
}

static tl::unexpected<Error> unusable(const Device& device, const std::string& why) {
  return fail("device \"" + device.text + "\": " + why);
}

// What the driver said, or else what its return value means.
static std::string reason(const DriverLog& log, int code) {
  const std::string said = reason_in(log.lines());
  return said.empty() ? rte_strerror(code < 0 ? -code : code) : said;
}

static bool is_pci(const std::string& name) {
  return name.find(':') != std::string::npos;
}

static bool exists(const std::string& name) {
  uint16_t port = 0;
  return rte_eth_dev_get_port_by_name(name.c_str(), &port) == 0;
}

DpdkDevice::DpdkDevice(DpdkDevice&& other) noexcept
    : device_(std::move(other.device_)),
      probed_(std::exchange(other.probed_, {})),
      open_(std::exchange(other.open_, false)),
      port_(other.port_),
      queues_max_(other.queues_max_),
      queues_(other.queues_),
      receive_descriptors_(other.receive_descriptors_),
      transmit_descriptors_(other.transmit_descriptors_),
      scatter_(other.scatter_),
      buffer_bytes_min_(other.buffer_bytes_min_),
      multi_segment_(other.multi_segment_) {}

DpdkDevice::~DpdkDevice() {
  stop();
}

Result<DpdkDevice> DpdkDevice::probe(const Device& device, DevargsRequest request) {
  // Devices we name ourselves take the first free name; two gateways may share a process.
  const auto taken = [&] {
    return exists(std::string(devargs_name(devargs(device, request).back())));
  };
  const bool ours_to_name = device.kind != DeviceKind::pci && device.kind != DeviceKind::vdev;
  while (ours_to_name && taken()) ++request.instance;
  DpdkDevice probed(device);
  if (auto done = probed.probe_all(devargs(device, request)); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = probed.read_capabilities(request); !done) return tl::unexpected(done.error());
  return probed;
}

Result<void> DpdkDevice::probe_all(const std::vector<std::string>& all) {
  for (const std::string& args : all) {
    const std::string name(devargs_name(args));
    // PCI devices may have been probed when the EAL started.
    const bool there = exists(name);
    if (there && !is_pci(name)) {
      return unusable(device_, "a device of the name " + name + " exists already");
    }
    const DriverLog log;
    const int code = there ? 0 : rte_dev_probe(args.c_str());
    if (code != 0 && code != -EEXIST) {
      const std::string problem = is_pci(name) ? pci_problem(name) : std::string();
      return unusable(device_, problem.empty() ? reason(log, code) : problem);
    }
    probed_.push_back(name);
  }
  if (rte_eth_dev_get_port_by_name(probed_.back().c_str(), &port_) != 0) {
    return unusable(device_, "DPDK knows it, but not as a network device");
  }
  open_ = true;
  return {};
}

Result<void> DpdkDevice::read_capabilities(const DevargsRequest& request) {
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(port_, &info); code != 0) {
    return unusable(device_, rte_strerror(-code));
  }
  queues_max_ = std::max<uint16_t>(1, std::min(info.max_rx_queues, info.max_tx_queues));
  scatter_ = (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
  buffer_bytes_min_ =
      info.min_rx_bufsize > RTE_PKTMBUF_HEADROOM ? info.min_rx_bufsize - RTE_PKTMBUF_HEADROOM : 0;
  const uint32_t known_bytes = buffer_bytes_of(device_.kind, request.frame_bytes_max);
  if (known_bytes != 0) buffer_bytes_min_ = known_bytes;
  receive_descriptors_ = transmit_descriptors_ = descriptors_wanted;
  if (device_.kind == DeviceKind::af_xdp) {
    receive_descriptors_ = transmit_descriptors_ = af_xdp_ring_buffers;
  }
  if (device_.kind == DeviceKind::tap) {
    receive_descriptors_ = transmit_descriptors_ = tap_descriptors;
  }
  rte_eth_dev_adjust_nb_rx_tx_desc(port_, &receive_descriptors_, &transmit_descriptors_);
  return {};
}

uint32_t DpdkDevice::queue_buffers() const {
  const uint32_t rings = uint32_t{receive_descriptors_} + transmit_descriptors_;
  return device_.kind == DeviceKind::af_xdp ? rings + af_xdp_ring_buffers : rings;
}

// This driver reports plain Ethernet whatever it takes: the limit is the kernel interface's MTU,
// which has been set, and the ring, which has been sized.
static bool mtu_is_the_kernels(DeviceKind kind) {
  return kind == DeviceKind::af_packet;
}

Result<void> DpdkDevice::check_mtu(const rte_eth_dev_info& info, uint32_t mtu_bytes) const {
  // Drivers that say nothing of the MTU mean the largest frame, with header and checksum.
  const uint32_t frame_says = info.max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN;
  const uint32_t limit_bytes =
      info.max_mtu == UINT16_MAX ? std::min<uint32_t>(UINT16_MAX, frame_says) : info.max_mtu;
  if (mtu_is_the_kernels(device_.kind) || mtu_bytes <= limit_bytes) return {};
  return unusable(device_, fmt::format("takes an MTU of at most {} bytes, not mtu_bytes = {}",
                                       limit_bytes, mtu_bytes));
}

rte_eth_conf DpdkDevice::configuration(const rte_eth_dev_info& info, const Start& start) const {
  rte_eth_conf configuration{};
  // VLAN tags stay in the frame: no strip, no filter.
  uint64_t receive_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM;
  if (start.scatter) receive_offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
  configuration.rxmode.offloads = receive_offloads & info.rx_offload_capa;
  configuration.rxmode.mtu = mtu_is_the_kernels(device_.kind) ? 0 : start.mtu_bytes;
  configuration.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info.tx_offload_capa;
  const uint64_t hashed =
      (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
  if (start.queues > 1 && hashed != 0) {
    configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    configuration.rx_adv_conf.rss_conf.rss_hf = hashed;
  }
  return configuration;
}

int DpdkDevice::configure_and_start(const Start& start) {
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(port_, &info); code != 0) return code;
  const rte_eth_conf wanted = configuration(info, start);
  int code = rte_eth_dev_configure(port_, start.queues, start.queues, &wanted);
  rte_eth_txconf transmit = info.default_txconf;
  transmit.offloads = wanted.txmode.offloads;
  rte_eth_rxconf receive = info.default_rxconf;
  receive.offloads = wanted.rxmode.offloads;
  const int socket = rte_eth_dev_socket_id(port_);
  const auto memory_node = static_cast<unsigned>(socket);
  for (uint16_t q = 0; code == 0 && q < start.queues; ++q) {
    code = rte_eth_rx_queue_setup(port_, q, receive_descriptors_, memory_node, &receive,
                                  start.buffers);
  }
  for (uint16_t q = 0; code == 0 && q < start.queues; ++q) {
    code = rte_eth_tx_queue_setup(port_, q, transmit_descriptors_, memory_node, &transmit);
  }
  if (code == 0) code = rte_eth_dev_start(port_);
  if (code != 0) return code;
  multi_segment_ = (wanted.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
  // Neighbour discovery asks multicast addresses that only the twin knows of. Virtual devices
  // filter nothing and often have no such switch.
  if (rte_eth_allmulticast_enable(port_) != 0 && device_.kind == DeviceKind::pci) {
    code = rte_eth_promiscuous_enable(port_);
  }
  return code;
}

Result<void> DpdkDevice::start(const Start& start) {
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(port_, &info);
  if (auto fits = check_mtu(info, start.mtu_bytes); !fits) return fits;
  const DriverLog log;
  if (const int code = configure_and_start(start); code != 0) {
    return unusable(device_, reason(log, code));
  }
  queues_ = start.queues;
  return {};
}

void DpdkDevice::stop() {
  if (probed_.empty()) return;
  const DriverLog log;  // drivers chat about what they close
  if (open_) {
    rte_eth_dev_stop(port_);
    rte_eth_dev_close(port_);
  }
  for (auto name = probed_.rbegin(); name != probed_.rend(); ++name) {
    rte_eal_hotplug_remove(is_pci(*name) ? "pci" : "vdev", name->c_str());
  }
  probed_.clear();
  open_ = false;
}

std::array<uint8_t, 6> DpdkDevice::mac() const {
  rte_ether_addr address{};
  rte_eth_macaddr_get(port_, &address);
  std::array<uint8_t, 6> mac;
  std::copy_n(address.addr_bytes, mac.size(), mac.begin());
  return mac;
}

bool DpdkDevice::link_up() const {
  rte_eth_link link{};
  return rte_eth_link_get_nowait(port_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

}  // namespace weft
