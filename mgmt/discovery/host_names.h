// The host names of one gateway: which to look up now, and what is known of each. A name that
// several clusters use is looked up once, at the shortest of their intervals. The look-ups
// themselves are somebody else's (mgmt/io): requests go out, answers come in as events.
// Thread safety: none. Invariant: at most in_flight_max look-ups in flight, never two of a name.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/clock.h"
#include "mgmt/discovery/name_watch.h"

namespace weft::mgmt {

struct ResolveRequest {
  std::string name;
  uint32_t attempt = 0;  // to be given back with the answer
  bool operator==(const ResolveRequest&) const = default;
};

class Resolver {
 public:
  Resolver(ResolveLimits limits, uint64_t seed) : limits_(limits), random_(seed) {}

  // Exactly these names are wanted, each at its interval: new ones are looked up at once, others
  // forgotten, the rest keep what is known.
  void want(const std::map<std::string, Duration>& intervals, Instant now);

  // True: what is known of the name changed. A name or attempt that is not in flight is ignored.
  bool on_answer(std::string_view name, uint32_t attempt, const Answer& answer, Instant now);

  // Appends the look-ups to start now, and the names of which something changed because a look-up
  // was given up.
  void poll(Instant now, std::vector<ResolveRequest>& start, std::vector<std::string>& changed);
  Instant next_poll() const;

  // Null: not wanted.
  const NameWatch* find(std::string_view name) const;

 private:
  double fraction() { return std::generate_canonical<double, 53>(random_); }

  ResolveLimits limits_;
  std::mt19937_64 random_;
  std::map<std::string, NameWatch, std::less<>> watches_;
  uint32_t in_flight_ = 0;
};

}  // namespace weft::mgmt
