// What a target is fed where no libFuzzer leads it.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace weft::fuzz {

// Short ones too: they end in the middle of things.
inline std::vector<uint8_t> random_input(std::mt19937_64& random) {
  std::vector<uint8_t> bytes(random() % (random() % 4 == 0 ? 64 : 1024));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

}  // namespace weft::fuzz
