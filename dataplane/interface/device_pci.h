// Why a PCI device cannot be used, told from sysfs.
#pragma once

#include <string>

namespace weft {

// One clause: it is not there, a kernel driver has it, no driver has it, vfio is missing; empty if
// nothing is wrong as far as sysfs knows. `root` is "/" except in tests.
std::string pci_problem(const std::string& address, const std::string& root = "/");

}  // namespace weft
