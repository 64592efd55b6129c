// At most `tokens_per_s` events on average and `burst_tokens` at once: the generic cell rate
// algorithm (ITU-T I.371), which needs one instant and no refill. Time is an argument; one that
// steps back takes no tokens away and gives none.
// Thread safety: one owner.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"

namespace weft {

class TokenBucket {
 public:
  // Full at first. Requires: 1 <= tokens_per_s <= 10^9, burst_tokens >= 1.
  TokenBucket(uint32_t tokens_per_s, uint32_t burst_tokens) {
    CHECK(tokens_per_s >= 1 && tokens_per_s <= 1'000'000'000 && burst_tokens >= 1);
    interval_ = Duration(seconds(1)) / tokens_per_s;
    tolerance_ = interval_ * (burst_tokens - 1);
  }

  // Takes a token if there is one.
  bool take(Instant now) {
    if (next_ - tolerance_ > now) return false;
    next_ = std::max(next_, now) + interval_;
    return true;
  }

 private:
  Duration interval_;
  Duration tolerance_;
  Instant next_{};  // when a bucket of one token would have its next token
};

}  // namespace weft
