// The memory that the flow tables of a configuration take, checked before any is taken: the kernel
// promises more than it has, and kills later.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/base/result.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

uint64_t flow_memory_mib(const Model& model);
// "2 workers x (16 MiB for 1048576 tunnel flows + 32 MiB for 1048576 nat flows) = 96 MiB"
std::string describe_flow_memory(const Model& model);
// Error: more than the host has available.
Result<void> check_flow_memory(const Model& model);
Result<void> check_flow_memory(const Model& model, uint64_t available_mib);

}  // namespace weft::mgmt
