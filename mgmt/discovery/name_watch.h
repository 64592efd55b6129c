// One host name: when it is looked up, what its addresses are, and what keeps them when look-ups
// fail. A function of (event, now, random fraction); README.md has the table.
// Thread safety: none. Invariant: at most one look-up in flight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

// What a look-up came to: IPv4 and IPv6 addresses in any order. An Error with retry says that the
// answer is not known now (no server answered, in time or usefully); without retry it is an
// authority's denial: there is no such name.
using Answer = Result<std::vector<IpAddress>>;

struct ResolveLimits {
  // An authoritative "no such name" (or an answer without a usable address) empties the set only
  // when it has come this often in a row.
  uint32_t confirmations = 3;
  Duration timeout = seconds(30);  // of a look-up that never reports
  Duration backoff_first = milliseconds(500);
  Duration backoff_least = milliseconds(100);  // between two look-ups, whatever the dice say
  double jitter = 0.1;                         // of the interval, up or down
  uint32_t in_flight_max = 16;                 // look-ups of all names together
};

// One clause that says why no endpoint can be at the address in this version; empty: one can.
std::string ignored(const IpAddress& address);

class NameWatch {
 public:
  NameWatch(Duration interval, Instant now) : interval_(interval), next_(now) {}

  // Ordered, each once, usable in this version; the last good ones while look-ups fail.
  const std::vector<IpAddress>& addresses() const { return addresses_; }
  // An answer or an authoritative denial has come: the set, empty or not, is known.
  bool known() const { return known_; }
  // Of the last look-up, with what was ignored in it: one sentence. Empty: nothing to say.
  const std::string& problem() const { return problem_; }
  bool in_flight() const { return in_flight_; }
  uint32_t attempt() const { return attempt_; }  // of the look-up in flight
  // When the next look-up is due or, while one is in flight, given up.
  Instant next() const { return next_; }

  // A shorter interval brings the next look-up nearer.
  void set_interval(Duration interval, Instant now);
  // Requires: none in flight.
  void on_start(uint32_t attempt, const ResolveLimits& limits, Instant now);
  // True: addresses(), known() or problem() changed. fraction: random, in [0, 1). Requires: in
  // flight.
  bool on_answer(const Answer& answer, const ResolveLimits& limits, double fraction, Instant now);

 private:
  bool on_addresses(std::vector<IpAddress> addresses, const ResolveLimits& limits);
  bool on_denial(std::string problem, const ResolveLimits& limits);
  Duration to_next_look_up(const ResolveLimits& limits, double fraction) const;

  Duration interval_;
  Instant next_;
  uint32_t attempt_ = 0;
  bool in_flight_ = false;
  bool known_ = false;
  uint32_t errors_ = 0;   // in a row
  uint32_t denials_ = 0;  // in a row, errors between them do not count
  std::vector<IpAddress> addresses_;
  std::string problem_;
};

}  // namespace weft::mgmt
