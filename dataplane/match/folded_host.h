// A copy of a host in lower case, in words that can be hashed from any byte on.
// Thread safety: a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/check.h"
#include "dataplane/match/word_hash.h"

namespace weft {

class FoldedHost {
 public:
  static constexpr std::size_t bytes_max = 253;  // RFC 1035, section 2.3.4, as text

  // Requires: up to bytes_max bytes.
  explicit FoldedHost(std::string_view host) : size_bytes_(host.size()) {
    DCHECK(host.size() <= bytes_max);
    const auto bytes = std::as_bytes(std::span(host));
    std::size_t at = 0;
    std::size_t word = 0;
    for (; at + word_bytes <= bytes.size(); at += word_bytes) {
      words_[word++] = in_lower_case(load<uint64_t>(bytes.data() + at));
    }
    words_[word] = in_lower_case(last_word(bytes, at));
    words_[word + 1] = 0;
  }

  std::string_view text() const {
    return {reinterpret_cast<const char*>(words_.data()), size_bytes_};
  }

  // Requires: from < text().size(), or both are 0.
  uint64_t hash_from(std::size_t from, uint64_t seed) const {
    const auto* bytes = reinterpret_cast<const std::byte*>(words_.data());
    uint64_t state = seed ^ (size_bytes_ - from);
    for (; from < size_bytes_; from += word_bytes) {
      state = fold_word(state, load<uint64_t>(bytes + from));
    }
    return state;
  }

 private:
  // ASCII only, eight bytes at once: bit 7 of a sum says whether the byte is beyond a bound.
  static uint64_t in_lower_case(uint64_t word) {
    constexpr uint64_t each = 0x0101010101010101u;
    const uint64_t low_bits = word & each * 0x7f;
    const uint64_t from_a = low_bits + each * (0x80 - 'A');
    const uint64_t beyond_z = low_bits + each * (0x7f - 'Z');
    const uint64_t is_upper = (from_a ^ beyond_z) & ~word & each * 0x80;
    return word | is_upper >> 2;
  }

  std::array<uint64_t, 34> words_;  // zeros behind the last byte, to the end of the next word
  std::size_t size_bytes_;
};

static_assert(FoldedHost::bytes_max + 2 * word_bytes <= 34 * word_bytes);

}  // namespace weft
