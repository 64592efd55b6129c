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

// Takes a token of a bucket that gets one each `interval`, on average, and `tolerance` before they
// are due. `next` is all that the bucket remembers: when one of one token would have its next.
inline bool take_token(Instant& next, Duration interval, Duration tolerance, Instant now) {
  if (next - tolerance > now) return false;
  next = std::max(next, now) + interval;
  return true;
}

class TokenBucket {
 public:
  // Full at first. Requires: 1 <= tokens_per_s <= 10^9, burst_tokens >= 1.
  TokenBucket(uint32_t tokens_per_s, uint32_t burst_tokens) {
    CHECK(tokens_per_s >= 1 && tokens_per_s <= 1'000'000'000 && burst_tokens >= 1);
    interval_ = Duration(seconds(1)) / tokens_per_s;
    tolerance_ = interval_ * (burst_tokens - 1);
  }

  // Takes a token if there is one.
  bool take(Instant now) { return take_token(next_, interval_, tolerance_, now); }

 private:
  Duration interval_;
  Duration tolerance_;
  Instant next_{};
};

}  // namespace weft
