// A kernel interface that a device stands on (af_xdp, af_packet): claimed for this process,
// checked, and set up so that every frame arrives whole and as it was sent. Works in the network
// namespace of the thread that opened it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/interface/device_claim.h"
#include "dataplane/interface/ingress_drop.h"

namespace weft {

// Error: the kernel's reason.
Result<void> set_kernel_mtu(const std::string& kernel_interface, uint32_t mtu_bytes);

// Queues that frames may arrive on; at least 1, also where there is no such interface.
uint32_t kernel_receive_queues(const std::string& kernel_interface);

class KernelDevice {
 public:
  struct Setup {
    uint32_t mtu_bytes = 1500;
    bool keep_tags = false;      // the device must not take VLAN tags out of frames
    bool packet_socket = false;  // af_packet: no merged frames, and silence of the kernel's stack
  };

  // Error: no such interface, in use, no permission, MTU refused...
  static Result<KernelDevice> open(const std::string& name, const Setup& setup);
  KernelDevice(KernelDevice&& other) noexcept;
  KernelDevice& operator=(KernelDevice&&) = delete;
  ~KernelDevice();

  const std::string& name() const { return name_; }
  // Queues that frames may arrive on; at least 1.
  uint32_t receive_queues() const;
  bool link_up() const;

 private:
  KernelDevice(std::string name, DeviceClaim claim);
  Result<void> set_up(const Setup& setup);
  Result<void> bring_up();
  Result<void> receive_all_multicast();

  std::string name_;
  DeviceClaim claim_;
  int socket_;  // for questions, and for the multicast membership, which ends with it
  std::unique_ptr<IngressDrop> ingress_drop_;
};

}  // namespace weft
