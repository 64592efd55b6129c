// Byte order as a type: be16 and be32 hold network order; host integers never do.
// The only place that swaps bytes.
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft {

constexpr uint16_t swap_if_little(uint16_t v) {
  return std::endian::native == std::endian::little ? __builtin_bswap16(v) : v;
}
constexpr uint32_t swap_if_little(uint32_t v) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(v) : v;
}

struct be16 {
  uint16_t raw = 0;  // bytes as on the wire

  constexpr be16() = default;
  constexpr explicit be16(uint16_t host) : raw(swap_if_little(host)) {}
  static constexpr be16 from_raw(uint16_t raw_value) {
    be16 v;
    v.raw = raw_value;
    return v;
  }
  constexpr uint16_t host() const { return swap_if_little(raw); }
  constexpr bool operator==(const be16&) const = default;
  constexpr auto operator<=>(const be16& other) const { return host() <=> other.host(); }
};

struct be32 {
  uint32_t raw = 0;  // bytes as on the wire

  constexpr be32() = default;
  constexpr explicit be32(uint32_t host) : raw(swap_if_little(host)) {}
  static constexpr be32 from_raw(uint32_t raw_value) {
    be32 v;
    v.raw = raw_value;
    return v;
  }
  constexpr uint32_t host() const { return swap_if_little(raw); }
  constexpr bool operator==(const be32&) const = default;
  constexpr auto operator<=>(const be32& other) const { return host() <=> other.host(); }
};

static_assert(sizeof(be16) == 2 && sizeof(be32) == 4);

// Unaligned loads and stores. Requires: the bytes lie inside the caller's buffer.
template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <class T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace weft
