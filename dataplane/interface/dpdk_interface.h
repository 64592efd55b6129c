// An Interface over DPDK: one device with its queues, or several devices that are the queues of one
// link (under AF_XDP each receive queue of a kernel interface is a DPDK device).
//
// What the device reports is used:
//   receive checksums (IPv4, TCP, UDP)  packets come marked, and software looks where it must
//   several segments a frame            else a frame is copied into one before it is sent
//   RSS                                 brings packets to the worker that owns them (steer_by);
//                                       what it does not, workers hand over
// and what it does not do is done in software: the bytes are the same. Not used:
//   transmit checksums  forwarding changes a few fields and corrects the checksums by them, so that
//                       damage on the way here stays visible to the receiver (a device would
//                       compute a right one over damaged bytes); a tunnel's outer header is ten
//                       words, summed where they are written
//   TSO                 packets leave in the sizes they came in
// VLAN tags stay in the frame, both ways. A packet that cannot be made fit (no buffer for it, or
// larger than one) is not taken; those behind it are.
//
// A kernel interface under af_xdp or af_packet belongs to this process alone while open: it is
// brought up, receives all multicast (ND), stops merging frames (GRO, LRO), and what arrives there
// does not reach the kernel's own stack.
//
// Errors of open: one sentence that names the device and the reason.
// Thread safety: receive and transmit as Interface says; the rest one thread at a time, beside
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/interface/device.h"
#include "dataplane/interface/device_stats.h"
#include "dataplane/interface/interface.h"
#include "dataplane/interface/steering.h"
#include "dataplane/wire/ethernet.h"

struct rte_mempool;

namespace weft {

struct DpdkInterfaceSettings {
  std::string name;  // of the interface
  std::vector<Device> devices;
  uint32_t mtu_bytes = 1500;
  bool vlan = false;        // frames carry a tag
  uint32_t workers = 1;     // that many queues where the device can
  uint32_t memory_mib = 0;  // for its packet buffers; 0: just enough for its rings
};

// Memory for the packet buffers that all its rings may hold, whatever the drivers turn out to do.
// Asks the kernel how many queues the interfaces of af_xdp devices have.
uint32_t memory_mib_wanted(const DpdkInterfaceSettings& settings);

class DpdkInterface final : public Interface {
 public:
  // Requires: the EAL has started; called on the thread that starts up (stderr is captured while
  // drivers are probed).
  static Result<std::unique_ptr<DpdkInterface>> open(const DpdkInterfaceSettings& settings);
  ~DpdkInterface() override;

  std::string_view name() const override;
  uint32_t queues() const override;
  uint32_t mtu_bytes() const override;
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override;
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override;

  const MacAddress& mac() const;
  bool link_up() const;
  // The buffers that it receives into; also for the twin beside it.
  rte_mempool& buffers() const;
  DeviceStats stats() const;

  // What chooses a queue in every device that has several; 0: none can be told how.
  uint32_t rss_bits() const;
  // From now on such devices queue packets for the worker that `map` names, as far as they are
  // able; stats().rss says what they do, or why they do not. Requires: hash.bits() <= rss_bits() if
  // that is not 0; `map` names the workers of the settings.
  void steer_by(const SteeringHash& hash, const SteeringMap& map, RssSide side);

  // Gives the devices back, with every packet still in their rings; receive and transmit find
  // nothing from then on. Buffers live until destruction. Requires: no worker uses it any more.
  // When packets pass between interfaces: stop all of them before destroying any.
  void stop();

 private:
  struct State;
  explicit DpdkInterface(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft
