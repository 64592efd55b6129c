#include "tests/eal.h"

#include <rte_eal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace weft::test {

static void end_eal() {
  const std::filesystem::path runtime_folder = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  std::error_code ignored;  // EAL makes the folder and leaves it
  std::filesystem::remove_all(runtime_folder, ignored);
}

bool start_eal() {
  std::string prefix = "--file-prefix=weft_test_" + std::to_string(getpid());
  std::array arguments = {
      std::string("test"),        std::string("--no-huge"),      std::string("--no-pci"),
      std::string("--no-shconf"), std::string("--no-telemetry"), std::string("--log-level=error"),
      std::string("-m512"),       std::string("--lcores=0@0"),   prefix};
  std::array<char*, arguments.size()> raw{};
  for (std::size_t i = 0; i < arguments.size(); ++i) raw[i] = arguments[i].data();
  if (rte_eal_init(static_cast<int>(raw.size()), raw.data()) < 0) return false;
  std::atexit(end_eal);
  return true;
}

}  // namespace weft::test
