// A thread that may use packet buffers at full speed: named, pinned to one CPU, and known to the
// EAL (rte_thread_register), so that it has its own mempool caches. Several may share a CPU.
//
// Plain threads rather than EAL lcores (rte_eal_remote_launch): lcores are fixed once a process by
// its command line, and two gateways in one process would have to divide them; registered threads
// come and go with their gateway, and have the same caches (see README.md).
//
// Requires: the EAL has started. At most RTE_MAX_LCORE - 1 (127) at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "dataplane/base/result.h"

namespace weft {

class EalThread {
 public:
  // Starts `body` on a new thread and returns when the thread is pinned and registered. Signals are
  // blocked on it. `name` is cut to the 15 characters that Linux keeps.
  static Result<EalThread> start(const std::string& name, uint32_t cpu, std::function<void()> body);
  EalThread(EalThread&&) = default;
  EalThread& operator=(EalThread&&) = delete;
  ~EalThread();  // joins

  // Waits until `body` has returned.
  void join();

 private:
  explicit EalThread(std::thread thread) : thread_(std::move(thread)) {}
  std::thread thread_;
};

}  // namespace weft
