// An IPv4 or IPv6 address in 16 bytes; IPv4 is held as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that
// no type above has to know the family. An IpPrefix is an address and a length within its family.
#pragma once

#include <immintrin.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/byte_order.h"

namespace weft {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // ::, "no address"
  static IpAddress v4(be32 address) {
    // One store of 16 bytes: a load of 16 bytes behind narrower stores would wait for them.
    IpAddress a;
    const uint64_t last = uint64_t{address.raw} << 32 | be32(0xffff).raw;
    store(a.bytes_.data(), _mm_set_epi64x(static_cast<int64_t>(last), 0));
    return a;
  }
  // Requires: 16 readable bytes.
  static IpAddress v6(const std::byte* bytes) {
    IpAddress a;
    std::memcpy(a.bytes_.data(), bytes, a.bytes_.size());
    return a;
  }
  // "10.0.0.1" or "fd00::1"; nothing else (no zone, no port).
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const {
    return load<uint64_t>(&bytes_[0]) == 0 && load<uint32_t>(&bytes_[8]) == be32(0xffff).raw;
  }
  // Requires: is_v4().
  be32 v4() const { return load<be32>(&bytes_[12]); }
  bool is_unspecified() const { return *this == IpAddress{} || *this == v4(be32(0)); }
  bool is_multicast() const {
    return is_v4() ? (v4().host() >> 28) == 0xe : bytes_[0] == std::byte{0xff};
  }
  bool is_loopback() const;
  uint32_t family_bits() const { return is_v4() ? 32 : 128; }
  const std::array<std::byte, 16>& bytes() const { return bytes_; }
  std::string to_string() const;
  std::string to_string(uint16_t port) const;  // "10.0.2.1:8080", "[fd00::1]:8080"

  bool operator==(const IpAddress& other) const {
    return load<uint64_t>(&bytes_[0]) == load<uint64_t>(&other.bytes_[0]) &&
           load<uint64_t>(&bytes_[8]) == load<uint64_t>(&other.bytes_[8]);
  }
  auto operator<=>(const IpAddress&) const = default;

 private:
  alignas(8) std::array<std::byte, 16> bytes_{};
};

// Invariant: bits beyond the length are zero.
class IpPrefix {
 public:
  IpPrefix() = default;
  // Clears the host bits. Requires: length <= address.family_bits().
  IpPrefix(IpAddress address, uint32_t length);
  static IpPrefix host(IpAddress address) { return {address, address.family_bits()}; }
  // "10.0.0.0/8" or an address, which is a prefix of full length. Host bits are cleared.
  static std::optional<IpPrefix> parse(std::string_view text);

  const IpAddress& address() const { return address_; }
  uint32_t length() const { return length_; }
  bool is_host() const { return length_ == address_.family_bits(); }
  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  auto operator<=>(const IpPrefix&) const = default;

 private:
  IpAddress address_;
  uint32_t length_ = 0;
};

}  // namespace weft
