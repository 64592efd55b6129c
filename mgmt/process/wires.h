// The interfaces of a model as the data plane opens them, with the memory for their packet buffers:
// equal shares of [gateway] memory_mib, or without it what each one's queues need, and at least 256
// MiB together.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/interface/dpdk_interface.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

// In the order of the model. Error: a device is none.
Result<std::vector<DpdkInterfaceSettings>> wires_of(const Model& model);

uint32_t packet_memory_mib(const std::vector<DpdkInterfaceSettings>& wires);

}  // namespace weft::mgmt
