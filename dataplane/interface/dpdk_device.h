// One DPDK device of an interface: probed, then started with its queues, then given back.
// Errors: one sentence that names the device as configured, and the reason.
// Thread safety: one thread, the one that starts up and stops.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/interface/device.h"

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_mempool;

namespace weft {

// What the buffers of a device's queues come to, before it is probed.
struct BufferNeed {
  uint32_t queue_buffers = 0;
  uint32_t buffer_bytes = 0;
};
BufferNeed buffer_need(DeviceKind kind, uint32_t frame_bytes_max);

class DpdkDevice {
 public:
  // `request.instance` is found here.
  static Result<DpdkDevice> probe(const Device& device, DevargsRequest request);
  DpdkDevice(DpdkDevice&& other) noexcept;
  DpdkDevice& operator=(DpdkDevice&&) = delete;
  ~DpdkDevice();

  uint16_t queues_max() const { return queues_max_; }
  // Frames may be received in several buffers.
  bool scatter() const { return scatter_; }
  // What a frame may have in one buffer at least, for the driver.
  uint32_t buffer_bytes_min() const { return buffer_bytes_min_; }
  // Buffers that one queue may hold.
  uint32_t queue_buffers() const;

  struct Start {
    uint16_t queues = 1;
    uint32_t mtu_bytes = 1500;
    bool scatter = false;
    rte_mempool* buffers = nullptr;
  };
  Result<void> start(const Start& start);
  void stop();

  const Device& device() const { return device_; }
  uint16_t port() const { return port_; }
  uint16_t queues() const { return queues_; }
  // Takes frames of several segments.
  bool multi_segment() const { return multi_segment_; }
  std::array<uint8_t, 6> mac() const;
  bool link_up() const;

 private:
  explicit DpdkDevice(Device device) : device_(std::move(device)) {}
  Result<void> probe_all(const std::vector<std::string>& all);
  Result<void> read_capabilities(const DevargsRequest& request);
  Result<void> check_mtu(const rte_eth_dev_info& info, uint32_t mtu_bytes) const;
  rte_eth_conf configuration(const rte_eth_dev_info& info, const Start& start) const;
  int configure_and_start(const Start& start);

  Device device_;
  std::vector<std::string> probed_;  // names in DPDK, in order
  bool open_ = false;                // port_ is set
  uint16_t port_ = 0;
  uint16_t queues_max_ = 1;
  uint16_t queues_ = 0;
  uint16_t receive_descriptors_ = 0;
  uint16_t transmit_descriptors_ = 0;
  bool scatter_ = false;
  uint32_t buffer_bytes_min_ = 0;
  bool multi_segment_ = false;
};

}  // namespace weft
