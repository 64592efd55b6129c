#include "tests/eal.h"

#include <rte_eal.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "dataplane/base/check.h"

namespace weft::test {

// Those that this process may run on, as EAL takes them: its main thread and all that follow would
// stay on the first one otherwise.
static std::string allowed_cpus() {
  cpu_set_t allowed;
  CHECK(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
  std::string list;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) list += (list.empty() ? "" : ",") + std::to_string(cpu);
  }
  return list;
}

static void end_eal() {
  const std::filesystem::path runtime_folder = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  std::error_code ignored;  // EAL makes the folder and leaves it
  std::filesystem::remove_all(runtime_folder, ignored);
}

bool start_eal() {
  std::vector<std::string> arguments{"test",
                                     "--no-huge",
                                     "--no-pci",
                                     "--no-shconf",
                                     "--no-telemetry",
                                     "--log-level=error",
                                     "-m512",
                                     "--lcores=0@(" + allowed_cpus() + ")",
                                     "--file-prefix=weft_test_" + std::to_string(getpid())};
  std::vector<char*> raw;
  raw.reserve(arguments.size());
  for (std::string& argument : arguments) raw.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(raw.size()), raw.data()) < 0) return false;
  std::atexit(end_eal);
  return true;
}

}  // namespace weft::test
