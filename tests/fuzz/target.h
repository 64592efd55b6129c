// What a fuzzer calls: a pure function of bytes. Each target's file defines it.
#pragma once

#include <cstdint>
#include <span>

namespace weft::fuzz {

// Ends the process with a message when the code under test errs.
void run_target(std::span<const uint8_t> bytes);

}  // namespace weft::fuzz
