// Finds the empty line that ends a head or a trailer section, in bytes that come in any pieces.
// Remembers how far it looked: each byte is looked at once. RFC 9112, 2.1 and 2.2.
#pragma once

#include <cstdint>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/refusal.h"

namespace weft {

struct LineLimits {
  uint32_t first_line_bytes_max;
  uint32_t bytes_max;  // of the block, with the empty line
  uint32_t lines_max;  // without the empty line
  Refusal first_line_too_long;
  Refusal too_long;
};

class H1Lines {
 public:
  enum class Found : uint8_t { more, whole, refused };

  // Looks at what was not there before. Lines end with CRLF, which limits do not count; the first
  // limit or rule that is broken in the order of the bytes is the refusal. Requires: the chain
  // begins with the block, and only grew since the last call.
  Found find(const Chain& in, const LineLimits& limits);

  // Requires: whole.
  uint32_t block_bytes() const { return line_begin_; }
  uint32_t lines() const { return lines_; }
  // Requires: refused.
  Refusal refusal() const { return refusal_; }

 private:
  Found refuse(Refusal refusal) {
    refusal_ = refusal;
    return Found::refused;
  }
  Found check_length(uint32_t end, const LineLimits& limits);
  Found end_line(uint32_t at, bool after_return, const LineLimits& limits);
  Found find_in(const char* block, uint32_t bytes, const LineLimits& limits);

  uint32_t looked_bytes_ = 0;
  uint32_t line_begin_ = 0;
  uint32_t lines_ = 0;
  bool after_return_ = false;  // what was looked at ends with CR
  Refusal refusal_ = Refusal::none;
};

}  // namespace weft
