// The byte at a place of a test's stream, so that each can be checked by itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::test {

constexpr std::byte stream_byte(uint64_t place, uint32_t stream = 0) {
  return std::byte((place + uint64_t{stream} * 7919) * 0x9e3779b97f4a7c15 >> 56);
}

}  // namespace weft::test
