// Numbers and bytes out of what a fuzzer made up, from the front; used up, it gives zeroes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::fuzz {

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t u8() {
    if (bytes_.empty()) return 0;
    const uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  uint16_t u16() {
    const uint8_t high = u8();
    return static_cast<uint16_t>(high << 8 | u8());
  }
  // Below `limit`. Requires: limit != 0.
  std::size_t below(std::size_t limit) { return u16() % limit; }
  std::vector<std::byte> take(std::size_t count) {
    const auto taken = std::as_bytes(bytes_.first(std::min(count, bytes_.size())));
    bytes_ = bytes_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace weft::fuzz
