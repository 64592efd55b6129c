// The kernel's side of the twins, over netlink: what it knows (links, addresses, neighbours,
// routes) as a KernelView, and what it should hold (a KernelPlan). All writes are on the twins and
// end with them, so a gateway that dies leaves nothing behind.
//
// It works in the network namespace of the thread that opened it. Whatever notification comes, the
// kinds concerned are read again, so that a lost notification (ENOBUFS) costs a read and no truth.
//
// Thread safety: one thread. Never waits for anything but the kernel's own answer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/kernel/kernel_plan.h"
#include "mgmt/model/kernel_view.h"

namespace weft::mgmt {

// Ready listeners are routes of this table and protocol number, for BIRD (`kernel table 87`, learn)
// or FRR (`ip import-table 87`) to announce. No rule looks the table up.
inline constexpr uint32_t announced_table = 87;
inline constexpr uint8_t announced_protocol = 87;

// Routes to the synthetic addresses of probes, and the neighbour that they name, which is nobody:
// neither is in the view.
inline constexpr uint8_t probe_protocol = 88;
inline constexpr std::array<uint8_t, 6> probe_mac = {0x02, 'p', 'r', 'o', 'b', 'e'};
// Of what is sent to an endpoint, so that it fits a tunnel: IPv6's least.
inline constexpr uint32_t probe_mtu_bytes = 1280;

class Kernel {
 public:
  // `twins`: names by interface index; they exist already. Reads the first view.
  static Result<std::unique_ptr<Kernel>> open(std::vector<std::string> twins);
  ~Kernel();

  // Readable when process_events() has work; non-blocking.
  int fd() const;
  // Reads what has come; calls the change callback once if the view is another one now.
  void process_events();
  void on_change(std::function<void(const KernelView&)> changed);
  const KernelView& view() const;

  // Brings the twins up, sets their sysctls, adds what is missing and removes what an earlier plan
  // added and this one does not have. Idempotent. Error: the first thing the kernel refused, as one
  // sentence; the rest is done nevertheless, and the next apply tries again.
  Result<void> apply(const KernelPlan& plan);

  // Asks the kernel to find (or confirm) a neighbour's link address. The answer comes as a change
  // of the view. Cheap; to be repeated for next hops in use.
  void resolve(uint16_t interface, const IpAddress& neighbour);

 private:
  struct State;
  explicit Kernel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::mgmt
