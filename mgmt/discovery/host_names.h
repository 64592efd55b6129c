// The host names of one gateway: which to look up now, and what is known of each. A name that
// several clusters use is looked up once, at the shortest of their intervals. The look-ups
// themselves are somebody else's (mgmt/io): they are asked for here, answers come in as events.
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
#include "mgmt/health/deadline_heap.h"

namespace weft::mgmt {

struct LookUp {
  std::string name;
  uint32_t attempt = 0;  // to be given back with the answer
  bool operator==(const LookUp&) const = default;
};

class HostNames {
 public:
  HostNames(ResolveLimits limits, uint64_t seed) : limits_(limits), random_(seed) {}

  // Exactly these names are wanted, each at its interval: new ones are looked up at once, others
  // forgotten, the rest keep what is known.
  void want(const std::map<std::string, Duration>& intervals, Instant now);

  // True: what is known of the name changed. A name or attempt that is not in flight is ignored.
  bool on_answer(std::string_view name, uint32_t attempt, const Answer& answer, Instant now);

  // Appends the look-ups to start now. True: what is known of a name changed, because its look-up
  // was given up.
  bool poll(Instant now, std::vector<LookUp>& start);
  Instant next_poll() const;

  // Null: not wanted.
  const NameWatch* find(std::string_view name) const;

 private:
  using Key = DeadlineHeap::Key;
  struct Named {
    std::string name;
    NameWatch watch;
  };

  double fraction() { return std::generate_canonical<double, 53>(random_); }
  void add(const std::string& name, Duration interval, Instant now);
  void remove(Key key);
  // Puts the name where its next deadline belongs.
  void schedule(Key key);

  ResolveLimits limits_;
  std::mt19937_64 random_;
  std::map<std::string, Key, std::less<>> keys_;
  std::vector<Named> named_;  // by key
  std::vector<Key> free_keys_;
  uint32_t attempts_ = 0;  // of all names, so that a name that comes back tells old answers apart
  DeadlineHeap due_;
  DeadlineHeap in_flight_;  // by when to give up
};

}  // namespace weft::mgmt
