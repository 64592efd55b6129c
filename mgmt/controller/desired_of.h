// What should be published, of what the controller holds.
#pragma once

#include <cstdint>
#include <string_view>

#include "mgmt/controller/listeners.h"
#include "mgmt/controller/membership.h"
#include "mgmt/model/desired.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

// Live listeners in the order of the configuration, live clusters likewise, live endpoints by
// address and port.
Desired desired_of(const Model& model, const Membership& membership, const Listeners& listeners,
                   const KernelView& kernel, const std::vector<uint16_t>& worker_weights,
                   uint64_t hash_seed);

// The number that stands for the configuration's text in every Maglev table of the fleet: XXH3 of
// its bytes, the same on every machine.
uint64_t hash_seed_number(std::string_view hash_seed);

}  // namespace weft::mgmt
