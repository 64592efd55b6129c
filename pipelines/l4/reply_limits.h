// How many replies to refused packets a worker makes, each kind from a bucket of its own: whoever
// scans closed ports takes nothing from the clients of a dead endpoint, nor from those that must
// learn an MTU. Thread safety: one worker.
#pragma once

#include "dataplane/base/clock.h"
#include "dataplane/table/token_bucket.h"
#include "dataplane/wire/burst.h"

namespace weft {

class ReplyLimits {
 public:
  // Takes a token for the reply to this refusal if there is one.
  bool take(const Refusal& refusal, Instant now) { return bucket_of(refusal).take(now); }

 private:
  TokenBucket& bucket_of(const Refusal& refusal) {
    if (refusal.reply == Reply::syn_cookie) return cookies_;
    if (refusal.drop == Drop::endpoint_down) return ended_flows_;
    const bool path_error =
        refusal.reply == Reply::ttl_exceeded || refusal.reply == Reply::fragmentation_needed;
    return path_error ? path_errors_ : strangers_;
  }

  TokenBucket strangers_{1000, 100};    // to where nobody listens or takes new flows
  TokenBucket path_errors_{1000, 100};  // TTL, MTU
  // An attack's clients are told from clients by answering both.
  TokenBucket cookies_{1'000'000, 100'000};
  TokenBucket ended_flows_{20'000, 2000};  // flows whose endpoint is dead
};

}  // namespace weft
