#include "dataplane/interface/device_pci.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weft {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DevicePci : public testing::Test {
 protected:
  DevicePci() {
    std::string pattern = testing::TempDir() + "device_pci_XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~DevicePci() override { fs::remove_all(root_); }

  void add_device(const std::string& driver) {
    const fs::path device = root_ / "sys/bus/pci/devices" / address;
    fs::create_directories(device);
    if (!driver.empty()) fs::create_symlink("../../drivers/" + driver, device / "driver");
  }
  std::string problem() { return pci_problem(address, root_.string()); }

  static constexpr const char* address = "0000:3b:00.0";
  fs::path root_;
};

TEST_F(DevicePci, ThatIsNotThere) {
  EXPECT_EQ(problem(), "there is no PCI device of this address (see: lspci)");
}

TEST_F(DevicePci, WithoutDriver) {
  add_device("");
  EXPECT_EQ(
      problem(),
      "no driver is bound to it; bind vfio-pci: dpdk-devbind.py --bind=vfio-pci 0000:3b:00.0");
}

TEST_F(DevicePci, WithTheKernelsDriver) {
  add_device("i40e");
  EXPECT_THAT(problem(), HasSubstr("the kernel driver i40e has it; bind vfio-pci"));
}

TEST_F(DevicePci, WithVfioDriverButNoVfio) {
  add_device("vfio-pci");
  EXPECT_THAT(problem(), HasSubstr("/dev/vfio/vfio is missing"));
  fs::create_directories(root_ / "dev/vfio");
  std::ofstream(root_ / "dev/vfio/vfio").put('x');
  EXPECT_EQ(problem(), "");
}

}  // namespace
}  // namespace weft
