// SYN cookies: under attack a client's SYN is answered, and nothing is remembered. The answer's
// sequence number, which the client's ACK repeats, is a message authentication code over the
// connection's ends, the client's sequence number, a coarse time, and what the client offered: so
// the ACK of a client that is really there brings back what a flow is made of. Room for options is
// scarce: the number itself carries one of 16 MSS (the next smaller one); window scale and SACK are
// in the last bits of our timestamp, which the client echoes, so that a client without timestamps
// has neither (as Linux does it; RFC 4987, 3.6). Thread safety: one worker.
//
//   sequence number   26 bits of code, 2 of the period it was made in, 4 of MSS
//   timestamp         26 bits of milliseconds, 1 unused, 1 of SACK, 4 of window scale
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/aes128.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/headers.h"

namespace weft {

// The options of a segment that matter to a handshake (RFC 9293, 3.7.1; RFC 7323; RFC 2018).
struct SynOptions {
  static constexpr uint8_t no_window_scale = 15;  // RFC 7323, 2.3: 14 is the largest

  uint32_t timestamp = 0;  // TSval
  uint32_t echo = 0;       // TSecr
  uint16_t mss_bytes = 536;
  uint8_t window_scale = no_window_scale;
  bool sack : 1 = false;
  bool timestamps : 1 = false;
  bool operator==(const SynOptions&) const = default;

  // Of a whole TCP header; what is not there is as above.
  static SynOptions of(std::span<const std::byte> header);
};

class SynCookies {
 public:
  // What one is accepted for: until the period after the one it was made in ends.
  static constexpr Duration period = seconds(64);

  // `hash`: secret.
  explicit SynCookies(const KeyedHash& hash);

  struct Cookie {
    uint32_t sequence = 0;
    uint32_t timestamp = 0;  // ours, where the client has timestamps
    SynOptions carried;      // of what it offered
  };
  // For the answer to a SYN of this sequence number and these options.
  Cookie make(const Headers& syn, uint32_t sequence, const SynOptions& offered, Instant now);

  // Whether one may still come back.
  bool awaited(Instant now) const { return now < until_ || planted(PlantedBug::old_cookie_taken); }
  // What the cookie in an ACK carries: of the client's SYN with this sequence number, acknowledging
  // the cookie, and with the options of the ACK. Nothing: it is none of ours, or too old.
  std::optional<SynOptions> read(const Headers& ack, uint32_t syn_sequence, uint32_t cookie,
                                 const SynOptions& sent, Instant now) const;

  uint64_t made() const { return made_; }

 private:
  uint32_t code(const Headers& headers, uint32_t sequence, uint32_t count, uint32_t options) const;

  Aes128 cipher_;
  Instant until_{};
  uint64_t made_ = 0;
};

}  // namespace weft
