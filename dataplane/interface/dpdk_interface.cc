#include "dataplane/interface/dpdk_interface.h"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/interface/device_kernel.h"
#include "dataplane/interface/dpdk_buffers.h"
#include "dataplane/interface/dpdk_device.h"
#include "dataplane/interface/make_linear.h"
#include "dataplane/interface/rss.h"

namespace weft {

namespace {

constexpr uint32_t link_header_bytes = 14;
constexpr uint32_t tag_bytes = 4;
constexpr uint32_t worker_buffers = 1024;  // in a burst, on rings between workers, in caches

struct DeviceQueue {
  uint16_t port = 0;
  uint16_t queue = 0;
};

// One worker's queue: frames arrive from all its device queues, and leave by the first.
struct alignas(64) Queue {
  std::vector<DeviceQueue> devices;
  uint32_t next = 0;  // its worker's: where the next receive begins
};

}  // namespace

static uint32_t frame_bytes_of(const DpdkInterfaceSettings& settings) {
  return settings.mtu_bytes + link_header_bytes + (settings.vlan ? tag_bytes : 0);
}

// Several devices share the workers, so that no worker polls more queues than it must.
static uint32_t queues_per_device(uint32_t workers, uint32_t devices) {
  return (workers + devices - 1) / devices;
}

// What no socket takes the kernel would.
static bool takes_every_queue(const Device& device) {
  return device.kind == DeviceKind::af_xdp && !device.queue;
}

uint32_t memory_mib_wanted(const DpdkInterfaceSettings& settings) {
  uint32_t devices = 0;
  uint64_t queue_buffers = 0;
  uint32_t buffer_bytes = standard_buffer_bytes;
  for (const Device& device : settings.devices) {
    const BufferNeed need = buffer_need(device.kind, frame_bytes_of(settings));
    const uint32_t count =
        takes_every_queue(device) ? kernel_receive_queues(device.kernel_interface) : 1;
    devices += count;
    queue_buffers += uint64_t{count} * need.queue_buffers;
    buffer_bytes = std::max(buffer_bytes, need.buffer_bytes);
  }
  const uint64_t buffers = uint64_t{settings.workers} * worker_buffers +
                           queue_buffers * queues_per_device(settings.workers, devices);
  return static_cast<uint32_t>((buffers * buffer_memory_bytes(buffer_bytes) >> 20) + 1);
}

struct DpdkInterface::State {
  std::string name;
  uint32_t mtu_bytes = 0;
  Buffers buffers;  // freed after the devices
  std::deque<KernelDevice> kernel_devices;
  std::vector<DeviceClaim> claims;
  std::vector<DpdkDevice> devices;
  std::deque<Queue> queues;
  bool multi_segment = true;  // every device takes frames of several segments
  MacAddress mac{};
  std::string rss = "none: not asked to";

  Result<void> open_devices(const DpdkInterfaceSettings& settings);
  Result<void> open_device(const Device& device, const DpdkInterfaceSettings& settings);
  Result<const KernelDevice*> open_kernel_device(const Device& device,
                                                 const DpdkInterfaceSettings& settings);
  Result<void> make_pool(const DpdkInterfaceSettings& settings);
  Result<void> start_devices(const DpdkInterfaceSettings& settings);
  Result<void> check_macs() const;
  void share_queues(uint32_t workers);

  uint16_t queues_of(const DpdkDevice& device, uint32_t workers) const;
  bool scatter(const DpdkDevice& device) const;
  uint32_t send_in_one_segment(Queue& queue, std::span<Packet> packets) const;
  uint32_t frame_bytes_max = 0;
};

static tl::unexpected<Error> in_interface(const std::string& name, const Error& error) {
  return tl::unexpected(
      Error{"interface " + name + ": " + error.message, error.fault, error.retry});
}

Result<const KernelDevice*> DpdkInterface::State::open_kernel_device(
    const Device& device, const DpdkInterfaceSettings& settings) {
  for (const KernelDevice& open : kernel_devices) {
    if (open.name() == device.kernel_interface) return &open;
  }
  auto opened = KernelDevice::open(device.kernel_interface,
                                   {.mtu_bytes = settings.mtu_bytes,
                                    .keep_tags = settings.vlan,
                                    .packet_socket = device.kind == DeviceKind::af_packet});
  if (!opened) {
    return fail("device \"" + device.text + "\": " + opened.error().message, opened.error().fault);
  }
  return &kernel_devices.emplace_back(std::move(*opened));
}

Result<void> DpdkInterface::State::open_device(const Device& device,
                                               const DpdkInterfaceSettings& settings) {
  uint32_t count = 1;
  if (device.kind == DeviceKind::af_xdp || device.kind == DeviceKind::af_packet) {
    const auto kernel_device = open_kernel_device(device, settings);
    if (!kernel_device) return tl::unexpected(kernel_device.error());
    if (takes_every_queue(device)) count = (*kernel_device)->receive_queues();
  }
  if (device.kind == DeviceKind::pci) {
    auto claim = DeviceClaim::take("PCI device " + device.pci_address);
    if (!claim) return tl::unexpected(claim.error());
    claims.push_back(std::move(*claim));
  }
  const uint32_t first = device.queue.value_or(0);
  for (uint32_t q = first; q < first + count; ++q) {
    auto probed = DpdkDevice::probe(
        device, {.queues = settings.workers, .start_queue = q, .frame_bytes_max = frame_bytes_max});
    if (!probed) return tl::unexpected(probed.error());
    devices.push_back(std::move(*probed));
  }
  return {};
}

Result<void> DpdkInterface::State::open_devices(const DpdkInterfaceSettings& settings) {
  for (const Device& device : settings.devices) {
    if (auto done = open_device(device, settings); !done) return done;
  }
  return {};
}

uint16_t DpdkInterface::State::queues_of(const DpdkDevice& device, uint32_t workers) const {
  const uint32_t share = queues_per_device(workers, static_cast<uint32_t>(devices.size()));
  return static_cast<uint16_t>(std::min<uint32_t>(device.queues_max(), share));
}

bool DpdkInterface::State::scatter(const DpdkDevice& device) const {
  return device.scatter() && frame_bytes_max > standard_buffer_bytes;
}

// Frames go into standard buffers, unless one is too small and some device cannot use several.
Result<void> DpdkInterface::State::make_pool(const DpdkInterfaceSettings& settings) {
  uint32_t buffer_bytes = standard_buffer_bytes;
  uint32_t count_min = settings.workers * worker_buffers;
  for (const DpdkDevice& device : devices) {
    if (!device.scatter()) buffer_bytes = std::max(buffer_bytes, frame_bytes_max);
    buffer_bytes = std::max(buffer_bytes, device.buffer_bytes_min());
    count_min += device.queue_buffers() * queues_of(device, settings.workers);
  }
  constexpr uint32_t buffer_bytes_max = UINT16_MAX - 2 * RTE_PKTMBUF_HEADROOM;
  if (buffer_bytes > buffer_bytes_max) {
    return fail("mtu_bytes = " + std::to_string(settings.mtu_bytes) +
                    " does not fit a packet buffer (at most " + std::to_string(buffer_bytes_max) +
                    " bytes with headers)",
                Fault::operator_input);
  }
  const uint64_t memory_bytes = uint64_t{settings.memory_mib} << 20;
  const uint64_t count = memory_bytes / buffer_memory_bytes(buffer_bytes);
  if (settings.memory_mib != 0 && count < count_min) {
    return fail(
        fmt::format("its share of [gateway] memory_mib, {} MiB, holds {} packet buffers of {} "
                    "bytes, but its queues need {} ({} MiB); raise memory_mib or leave it out",
                    settings.memory_mib, count, buffer_bytes, count_min,
                    (count_min * buffer_memory_bytes(buffer_bytes) >> 20) + 1),
        Fault::operator_input);
  }
  const uint64_t taken = settings.memory_mib != 0 ? count : count_min;
  auto made = make_buffers(name, static_cast<uint32_t>(taken), buffer_bytes);
  if (!made) return tl::unexpected(made.error());
  buffers = std::move(*made);
  return {};
}

Result<void> DpdkInterface::State::start_devices(const DpdkInterfaceSettings& settings) {
  for (DpdkDevice& device : devices) {
    auto done = device.start({.queues = queues_of(device, settings.workers),
                              .mtu_bytes = settings.mtu_bytes,
                              .scatter = scatter(device),
                              .buffers = buffers.get()});
    if (done && device.device().kind == DeviceKind::tap) {
      done = set_kernel_mtu(device.device().kernel_interface, settings.mtu_bytes);
    }
    if (!done) return done;
    multi_segment &= device.multi_segment();
  }
  mac = devices.front().mac();
  return {};
}

// The twin has one address, and answers for all of them with it.
Result<void> DpdkInterface::State::check_macs() const {
  for (const DpdkDevice& device : devices) {
    if (device.mac() == mac) continue;
    return fail("devices \"" + devices.front().device().text + "\" and \"" + device.device().text +
                    "\" have different MAC addresses; the devices of one interface are queues of "
                    "one link (for several links use net_bonding)",
                Fault::operator_input);
  }
  return {};
}

void DpdkInterface::State::share_queues(uint32_t workers) {
  std::vector<DeviceQueue> all;
  for (const DpdkDevice& device : devices) {
    for (uint16_t q = 0; q < device.queues(); ++q) all.push_back({device.port(), q});
  }
  const auto count = std::min<std::size_t>(workers, all.size());
  queues.resize(count);
  for (std::size_t i = 0; i < all.size(); ++i) queues[i % count].devices.push_back(all[i]);
}

Result<std::unique_ptr<DpdkInterface>> DpdkInterface::open(const DpdkInterfaceSettings& settings) {
  CHECK(!settings.devices.empty() && settings.workers > 0);
  auto state = std::make_unique<State>();
  state->name = settings.name;
  state->mtu_bytes = settings.mtu_bytes;
  state->frame_bytes_max = frame_bytes_of(settings);
  Result<void> done = state->open_devices(settings);
  if (done) done = state->make_pool(settings);
  if (done) done = state->start_devices(settings);
  if (done) done = state->check_macs();
  if (!done) return in_interface(settings.name, done.error());
  state->share_queues(settings.workers);
  return std::unique_ptr<DpdkInterface>(new DpdkInterface(std::move(state)));
}

DpdkInterface::DpdkInterface(std::unique_ptr<State> state) : state_(std::move(state)) {}
DpdkInterface::~DpdkInterface() {
  stop();
}

void DpdkInterface::stop() {
  for (Queue& queue : state_->queues) queue.devices.clear();
  state_->devices.clear();
  state_->kernel_devices.clear();
  state_->claims.clear();
}

std::string_view DpdkInterface::name() const {
  return state_->name;
}
uint32_t DpdkInterface::queues() const {
  return static_cast<uint32_t>(state_->queues.size());
}
uint32_t DpdkInterface::mtu_bytes() const {
  return state_->mtu_bytes;
}
const MacAddress& DpdkInterface::mac() const {
  return state_->mac;
}
rte_mempool& DpdkInterface::buffers() const {
  return *state_->buffers;
}

uint32_t DpdkInterface::rss_bits() const {
  uint32_t bits = 0;
  for (const DpdkDevice& device : state_->devices) {
    if (device.queues() == 1) continue;
    const uint32_t these = rss_of(device.port()).bits();
    if (these == 0) return 0;
    bits = bits == 0 ? these : std::min(bits, these);
  }
  return bits;
}

// The device's queue for a worker, by the interface's queues that it has: that worker's, or, where
// the worker has none or another device's, any.
static uint16_t queue_for(uint32_t worker, uint32_t first, uint16_t device_queues,
                          uint32_t interface_queues) {
  const uint32_t wanted = worker % interface_queues;
  for (uint16_t queue = 0; queue < device_queues; ++queue) {
    if ((first + queue) % interface_queues == wanted) return queue;
  }
  return static_cast<uint16_t>(worker % device_queues);
}

void DpdkInterface::steer_by(const SteeringHash& hash, const SteeringMap& map, RssSide side) {
  std::string& text = state_->rss;
  if (queues() == 1 || rss_bits() == 0) {
    text = queues() == 1 ? "none: one queue" : "none: the devices have no table of queues";
    return;
  }
  text.clear();
  uint32_t first = 0;  // of the device's queues among all
  for (const DpdkDevice& device : state_->devices) {
    const uint16_t count = device.queues();
    std::vector<uint16_t> table(1u << hash.bits());
    for (uint32_t bucket = 0; bucket < table.size(); ++bucket) {
      table[hash.rss_entry(bucket)] = queue_for(map[bucket], first, count, queues());
    }
    first += count;
    if (count == 1) continue;
    const RssReport report = set_up_rss(rss_of(device.port()), hash, side, table);
    if (!text.empty()) text += "; ";
    text += (report.steers ? "" : "none: ") + report.text;
  }
}

bool DpdkInterface::link_up() const {
  // A device on a kernel interface does not follow its link.
  if (!state_->kernel_devices.empty()) {
    return std::ranges::any_of(state_->kernel_devices, &KernelDevice::link_up);
  }
  return std::ranges::any_of(state_->devices, &DpdkDevice::link_up);
}

DeviceStats DpdkInterface::stats() const {
  DeviceStats all;
  for (const DpdkDevice& device : state_->devices) {
    rte_eth_stats one{};
    if (rte_eth_stats_get(device.port(), &one) != 0) continue;
    all.receive_missed += one.imissed;
    all.receive_errors += one.ierrors;
    all.receive_no_buffer += one.rx_nombuf;
    all.transmit_errors += one.oerrors;
  }
  all.buffers = state_->buffers->size;
  all.buffers_free = rte_mempool_avail_count(state_->buffers.get());
  all.rss = state_->rss;
  return all;
}

static rte_mbuf** raw(std::span<Packet> packets) {
  return reinterpret_cast<rte_mbuf**>(packets.data());
}

static uint32_t send(Queue& queue, std::span<Packet> packets) {
  const DeviceQueue to = queue.devices.front();
  return rte_eth_tx_burst(to.port, to.queue, raw(packets), static_cast<uint16_t>(packets.size()));
}

// What cannot be made one segment goes behind the others.
uint32_t DpdkInterface::State::send_in_one_segment(Queue& queue, std::span<Packet> packets) const {
  uint32_t fit = 0;
  for (Packet& packet : packets) {
    if (packet.buffer()->nb_segs > 1 && !make_linear(packet, *buffers)) continue;
    std::swap(packets[fit++], packet);
  }
  return send(queue, packets.first(fit));
}

uint32_t DpdkInterface::receive(uint32_t queue, std::span<Packet> packets) {
  DCHECK(queue < state_->queues.size());
  Queue& mine = state_->queues[queue];
  uint32_t received = 0;
  const auto count = static_cast<uint32_t>(mine.devices.size());
  for (uint32_t i = 0; i < count && received < packets.size(); ++i) {
    mine.next = mine.next + 1 < count ? mine.next + 1 : 0;
    const DeviceQueue from = mine.devices[mine.next];
    const std::span<Packet> rest = packets.subspan(received);
    received +=
        rte_eth_rx_burst(from.port, from.queue, raw(rest), static_cast<uint16_t>(rest.size()));
  }
  return received;
}

uint32_t DpdkInterface::transmit(uint32_t queue, std::span<Packet> packets) {
  DCHECK(queue < state_->queues.size());
  Queue& mine = state_->queues[queue];
  if (mine.devices.empty()) return 0;
  return state_->multi_segment ? send(mine, packets) : state_->send_in_one_segment(mine, packets);
}

}  // namespace weft
