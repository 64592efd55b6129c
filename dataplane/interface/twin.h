// The tap interface in the kernel beside an interface: what the worker transmits here the kernel
// receives, and the other way round. It exists as long as this object (or its process) does.
// The kernel sends with complete checksums and without segments larger than the MTU.
//
// An idle poll is one load: a watcher thread of its own sleeps in epoll and marks a queue readable
// (see README.md). Transmit is one system call a packet: this is the slow path.
//
// The interface is created down and without addresses; mgmt/kernel does the rest.
// Thread safety: receive and transmit as Interface says; the rest one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/interface/interface.h"

struct rte_mempool;

namespace weft {

struct TwinSettings {
  std::string name;                // of the tap, at most 15 characters
  std::array<uint8_t, 6> mac{};    // the device's
  uint32_t mtu_bytes = 1500;       // the interface's
  uint32_t queues = 1;             // one a worker
  rte_mempool* buffers = nullptr;  // received into; lives longer than the twin
};

class Twin final : public Interface {
 public:
  // Error: one sentence that names the tap and the reason.
  static Result<std::unique_ptr<Twin>> open(const TwinSettings& settings);
  ~Twin() override;

  std::string_view name() const override;
  uint32_t queues() const override;
  uint32_t mtu_bytes() const override;
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override;
  // Ends with the first packet that the kernel refuses: the tap is down, or memory is short, and it
  // would refuse the next ones too.
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override;

  // Lets the kernel (and its routing daemons) see the device's link state.
  void set_carrier(bool up);

 private:
  struct State;
  explicit Twin(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft
