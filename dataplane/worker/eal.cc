#include "dataplane/worker/eal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mman.h>
#include <rte_eal.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "dataplane/base/available_memory.h"
#include "dataplane/base/check.h"
#include "dataplane/interface/driver_log.h"

namespace weft {

// DPDK's own needs beside the packet buffers: rings, device and queue state, tables of lcores.
static constexpr uint32_t own_memory_mib = 64;

static std::string list(const std::vector<uint32_t>& cpus) {
  std::string text;
  for (const uint32_t cpu : cpus) {
    if (!text.empty()) text.push_back(',');
    text.append(std::to_string(cpu));
  }
  return text;
}

static Result<void> check_cpus(const std::vector<uint32_t>& workers, const HostResources& host) {
  for (const uint32_t cpu : workers) {
    if (std::ranges::find(host.cpus, cpu) != host.cpus.end()) continue;
    return fail(fmt::format("[gateway] workers names CPU {}, but this process may run on {} only",
                            cpu, list(host.cpus)),
                Fault::operator_input);
  }
  return {};
}

// The starting thread may run wherever no worker does; if they are everywhere, it runs anywhere.
static std::vector<uint32_t> main_cpus(const std::vector<uint32_t>& workers,
                                       const HostResources& host) {
  std::vector<uint32_t> left;
  for (const uint32_t cpu : host.cpus) {
    if (std::ranges::find(workers, cpu) == workers.end()) left.push_back(cpu);
  }
  return left.empty() ? host.cpus : left;
}

static bool use_hugepages(const EalSettings& settings, const HostResources& host) {
  return host.free_hugepages_mib >= uint64_t{settings.memory_mib} + own_memory_mib;
}

// A name that EAL takes as a file name.
static std::string file_prefix(const std::string& name) {
  std::string prefix = "weft-" + name;
  std::ranges::replace_if(
      prefix,
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.'; },
      '_');
  return prefix;
}

Result<std::vector<std::string>> eal_arguments(const EalSettings& settings,
                                               const HostResources& host) {
  if (auto there = check_cpus(settings.worker_cpus, host); !there) {
    return tl::unexpected(there.error());
  }
  std::vector<std::string> arguments = {
      "weftd",
      fmt::format("--lcores=0@({})", list(main_cpus(settings.worker_cpus, host))),
      "--file-prefix=" + file_prefix(settings.name),
      "--no-telemetry",
      "--log-level=warning",
      std::string("-m").append(std::to_string(settings.memory_mib + own_memory_mib)),
  };
  if (use_hugepages(settings, host)) {
    // No mount, no files: nothing stays behind when the process dies.
    arguments.emplace_back("--in-memory");
  } else {
    arguments.emplace_back("--no-huge");
    arguments.emplace_back("--no-shconf");
  }
  for (const std::string& address : settings.pci_addresses) arguments.push_back("-a" + address);
  if (settings.pci_addresses.empty()) {
    // Virtual devices need no physical addresses; and packet buffers are one piece without them.
    arguments.emplace_back("--no-pci");
    arguments.emplace_back("--iova-mode=va");
  }
  return arguments;
}

static uint64_t number_in(const std::string& path) {
  uint64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}

// A count of free pages does not tell of limits (a container's). So that much is taken once, and
// given back for DPDK, which dies of what it cannot get.
static bool can_take_hugepages(uint64_t mib) {
  const std::size_t bytes = mib << 20;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
  if (memory == MAP_FAILED) return false;
  const bool taken = madvise(memory, bytes, MADV_POPULATE_WRITE) == 0;
  munmap(memory, bytes);
  return taken;
}

// Held from the look at the hugepages until DPDK has its own, so that gateways that start together
// do not count on the same ones. A lock on a file that is there anyway and of all namespaces.
class HugepageTurn {
 public:
  HugepageTurn() : fd_(open("/proc/sys/vm/nr_hugepages", O_RDONLY | O_CLOEXEC)) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  HugepageTurn(const HugepageTurn&) = delete;
  HugepageTurn& operator=(const HugepageTurn&) = delete;
  ~HugepageTurn() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  const int fd_;
};

static HostResources host_resources(const EalSettings& settings) {
  HostResources host;
  cpu_set_t set;
  CPU_ZERO(&set);
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) host.cpus.push_back(cpu);
  }
  const std::string pages = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  const uint64_t free = number_in(pages + "free_hugepages");
  const uint64_t promised = number_in(pages + "resv_hugepages");
  host.free_hugepages_mib = free > promised ? (free - promised) * 2 : 0;
  const uint64_t wanted_mib = uint64_t{settings.memory_mib} + own_memory_mib;
  if (use_hugepages(settings, host) && !can_take_hugepages(wanted_mib)) host.free_hugepages_mib = 0;
  host.available_memory_mib = available_memory_mib();
  return host;
}

Result<void> check_memory(const EalSettings& settings, const HostResources& host) {
  const uint64_t needed_mib = uint64_t{settings.memory_mib} + own_memory_mib;
  if (use_hugepages(settings, host) || needed_mib <= host.available_memory_mib) return {};
  return fail(
      fmt::format("packet buffers need {} MiB ([gateway] memory_mib = {} and {} MiB for DPDK), "
                  "but {} MiB of memory and {} MiB of hugepages are free",
                  needed_mib, settings.memory_mib, own_memory_mib, host.available_memory_mib,
                  host.free_hugepages_mib),
      Fault::operator_input);
}

std::string hugepage_warning(const EalSettings& settings, const HostResources& host) {
  if (use_hugepages(settings, host)) return {};
  const uint64_t pages = (uint64_t{settings.memory_mib} + own_memory_mib + 1) / 2;
  return fmt::format(
      "runs without hugepages ({} MiB are free), which costs speed; for {} pages: sysctl "
      "vm.nr_hugepages={}",
      host.free_hugepages_mib, pages, pages);
}

static Result<void> initialize(std::vector<std::string> arguments) {
  std::vector<char*> raw;
  raw.reserve(arguments.size());
  for (std::string& argument : arguments) raw.push_back(argument.data());
  const DriverLog log;
  const bool started = rte_eal_init(static_cast<int>(raw.size()), raw.data()) >= 0;
  // EAL makes this folder whatever it is told, and without shared configuration keeps nothing in
  // it. Gone now, it does not stay behind however the process ends.
  rmdir(rte_eal_get_runtime_dir());
  if (started) return {};
  const std::string why = reason_in(log.lines());
  return fail("DPDK does not start: " + (why.empty() ? "no reason given" : why));
}

Result<std::unique_ptr<Eal>> Eal::start(const EalSettings& settings) {
  auto claim = DeviceClaim::take("gateway " + settings.name);
  if (!claim) return fail(claim.error().message + "; it runs already");
  const HugepageTurn turn;
  const HostResources host = host_resources(settings);
  auto arguments = eal_arguments(settings, host);
  if (!arguments) return tl::unexpected(arguments.error());
  if (auto enough = check_memory(settings, host); !enough) return tl::unexpected(enough.error());
  if (auto done = initialize(*arguments); !done) return tl::unexpected(done.error());
  return std::unique_ptr<Eal>(
      new Eal(std::move(*claim), std::make_unique<EalLog>(), hugepage_warning(settings, host)));
}

Eal::Eal(DeviceClaim claim, std::unique_ptr<EalLog> log, std::string warning)
    : claim_(std::move(claim)), log_(std::move(log)), warning_(std::move(warning)) {}

Eal::~Eal() {
  rte_eal_cleanup();
}

}  // namespace weft
