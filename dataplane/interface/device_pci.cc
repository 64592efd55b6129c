#include "dataplane/interface/device_pci.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace weft {

namespace fs = std::filesystem;

// Drivers that DPDK works through. (The Mellanox ones stay bound to the kernel's.)
static constexpr std::array usable_drivers = {
    std::string_view("vfio-pci"),        std::string_view("igb_uio"),
    std::string_view("uio_pci_generic"), std::string_view("mlx5_core"),
    std::string_view("mlx4_core"),
};

std::string pci_problem(const std::string& address, const std::string& root) {
  std::error_code ignored;
  const fs::path device = fs::path(root) / "sys/bus/pci/devices" / address;
  const std::string bind = "bind vfio-pci: dpdk-devbind.py --bind=vfio-pci " + address;
  if (!fs::exists(device, ignored)) return "there is no PCI device of this address (see: lspci)";
  const std::string driver = fs::read_symlink(device / "driver", ignored).filename().string();
  if (driver.empty()) return "no driver is bound to it; " + bind;
  if (std::ranges::find(usable_drivers, driver) == usable_drivers.end()) {
    return "the kernel driver " + driver + " has it; " + bind;
  }
  if (driver == "vfio-pci" && !fs::exists(fs::path(root) / "dev/vfio/vfio", ignored)) {
    return "it is bound to vfio-pci, but /dev/vfio/vfio is missing; run: modprobe vfio-pci";
  }
  return {};
}

}  // namespace weft
