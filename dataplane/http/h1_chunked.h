// Chunks of a body up to the last one; trailers are not read here. RFC 9112, 7.1.
//
// A size has 1 to 15 hexadecimal digits and nothing but an extension behind it; extensions are
// dropped and hold no controls; CRLF ends lines and chunks.
#pragma once

#include <cstdint>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/refusal.h"

namespace weft {

class H1Chunked {
 public:
  enum class Step : uint8_t { more, ended, refused };

  // Moves bytes of chunks from `in` to `data`, at most `credit_bytes`, and drops what is around
  // them. After a step that is not `more` the next one is the same.
  Step take(Chain& in, uint64_t credit_bytes, uint32_t extension_bytes_max, Chain& data);

  // Requires: refused.
  Refusal refusal() const { return refusal_; }

 private:
  enum class State : uint8_t {
    size_first,
    size,
    extension,
    size_lf,
    bytes,
    cr,
    lf,
    ended,
    refused
  };

  bool in_line() const {
    return state_ < State::bytes || state_ == State::cr || state_ == State::lf;
  }
  void line_byte(char c, uint32_t extension_bytes_max);
  void size_digit(char c);
  void behind_size(char c);
  void extension_byte(char c, uint32_t extension_bytes_max);
  void refuse(Refusal refusal) {
    state_ = State::refused;
    refusal_ = refusal;
  }

  uint64_t left_bytes_ = 0;  // of the chunk
  uint32_t extension_bytes_ = 0;
  uint8_t digits_ = 0;
  State state_ = State::size_first;
  Refusal refusal_ = Refusal::none;
};

}  // namespace weft
