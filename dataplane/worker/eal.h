// DPDK's environment (EAL) for weftd: memory for packet buffers, its log, nothing else. The thread
// that starts it stays the EAL's main thread and is mgmt's; workers are EalThreads, not EAL lcores.
// One Eal a process (DPDK's limit); any number of gateways may share it.
//
// Errors: one sentence each (a CPU that is not there, too little memory, a gateway of this name
// that runs already, whatever EAL itself reports).
// Thread safety: start and destroy on one thread; log() anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/interface/device_claim.h"
#include "dataplane/worker/eal_log.h"

namespace weft {

struct EalSettings {
  std::string name;                        // the gateway's; names its runtime files and its claim
  std::vector<uint32_t> worker_cpus;       // the starting thread stays off them where it can
  uint32_t memory_mib = 256;               // for packet buffers and rings
  std::vector<std::string> pci_addresses;  // empty: the PCI bus is not touched
};

// What the host offers, read once at the start.
struct HostResources {
  std::vector<uint32_t> cpus;       // this process may run on, ascending
  uint64_t free_hugepages_mib = 0;  // of 2 MiB pages
  uint64_t available_memory_mib = 0;
};

// The pure parts of a start. The command line given to EAL; error: a worker's CPU is not there.
Result<std::vector<std::string>> eal_arguments(const EalSettings& settings,
                                               const HostResources& host);
// Error: neither hugepages nor ordinary memory suffice; with the sizes.
Result<void> check_memory(const EalSettings& settings, const HostResources& host);
// Empty when it runs on hugepages.
std::string hugepage_warning(const EalSettings& settings, const HostResources& host);

class Eal {
 public:
  static Result<std::unique_ptr<Eal>> start(const EalSettings& settings);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  // Says that it runs without hugepages, and what to do; empty when it runs with them.
  const std::string& warning() const { return warning_; }
  // What DPDK and its drivers log from now on.
  EalLog& log() { return *log_; }

 private:
  Eal(DeviceClaim claim, std::unique_ptr<EalLog> log, std::string warning);

  DeviceClaim claim_;
  std::unique_ptr<EalLog> log_;
  std::string warning_;
};

}  // namespace weft
