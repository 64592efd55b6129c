// Bytes as tests write them: "07c4605e4504cc4f".
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/check.h"

namespace weft::test {

inline std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  CHECK(hex.size() % 2 == 0);
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoul(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

template <std::size_t size>
std::array<std::byte, size> array_of_hex(std::string_view hex) {
  const std::vector<std::byte> bytes = bytes_of_hex(hex);
  CHECK(bytes.size() == size);
  std::array<std::byte, size> array;
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

template <class Bytes>
std::string hex_of(const Bytes& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::byte byte : bytes) {
    hex += digits[static_cast<uint8_t>(byte) >> 4];
    hex += digits[static_cast<uint8_t>(byte) & 15];
  }
  return hex;
}

}  // namespace weft::test
