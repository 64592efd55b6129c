// Where characters begin and end in UTF-8. RFC 3629, section 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

// The bytes of the character at the front of `text`, 0 when no well-formed one is there. Overlong
// forms, surrogates and what lies beyond U+10FFFF are not well-formed. Requires: !text.empty().
constexpr std::size_t utf8_character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) >> 6) == 2; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !continues(1)) return 0;
  if (first < 0xe0) return 2;
  if (!continues(2)) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xf0 && byte(1) < 0x90;
  const bool beyond = first == 0xf4 && byte(1) >= 0x90;
  return !continues(3) || overlong || beyond ? 0 : 4;
}

}  // namespace weft
