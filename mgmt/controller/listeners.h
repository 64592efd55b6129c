// The listeners of the running configuration: their ids, and whether each is ready. A listener is
// ready once the set of its cluster is known, each of its endpoints was probed, and workers read a
// snapshot that has all that; or ready_after after it appeared. Once ready it stays so: a reload
// that gives it another cluster, or endpoints that come and go, do not take its announcement back.
// Thread safety: none. Invariant: a name has one id while it is configured.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "mgmt/controller/actions.h"
#include "mgmt/controller/claim.h"
#include "mgmt/controller/membership.h"

namespace weft::mgmt {

struct TrackedListener {
  ListenerId id;
  ListenerSettings settings;
  Instant ready_at_latest;
  uint64_t generation = 0;  // the first with all that makes it ready; 0: not known yet
  bool ready = false;
};

class Listeners {
 public:
  Listeners(Identities& identities, std::vector<LogRecord>& log)
      : identities_(identities), log_(log) {}

  Result<void> claim(const std::vector<ListenerSettings>& settings, Claim& claim) const;
  // Requires: claimed.
  void on_config(const std::vector<ListenerSettings>& settings, Duration ready_after, Instant now);
  void on_published(uint64_t generation) { published_generation_ = generation; }

  // Finds out who is ready by now. decided_generation: the first that has every
  // decision made until now. True: somebody became ready.
  bool poll(const Membership& membership, uint64_t decided_generation, Instant now);
  Instant next_poll() const;  // when somebody's ready_after ends

  // none: there is no such listener.
  ListenerSlot slot_of(std::string_view name) const;
  // Empty: the slot belongs to no listener.
  std::string_view name_of(ListenerSlot slot) const;
  // The cluster of the TCP listener that takes what comes to this address and port, as the workers
  // match it; empty: there is none.
  std::string_view cluster_at(const IpAddress& address, uint16_t port) const;
  // In the order of the configuration.
  std::vector<const TrackedListener*> live() const;
  // Why it is not ready, one clause.
  std::string why_not_ready(const TrackedListener& listener, const Membership& membership) const;

 private:
  void sort_by_address();
  TrackedListener& configure(const ListenerSettings& settings, Duration ready_after, Instant now);
  void record(const TrackedListener& listener, std::string event, std::string why, Instant now);

  Identities& identities_;
  std::vector<LogRecord>& log_;
  std::map<std::string, TrackedListener, std::less<>> by_name_;
  std::vector<TrackedListener*> live_;
  std::vector<const TrackedListener*> by_slot_;
  // TCP listeners: those of one address and port; all others, the longest prefix and then the
  // narrowest range first.
  std::map<std::pair<IpAddress, uint16_t>, const TrackedListener*> exact_;
  std::vector<const TrackedListener*> ranges_;
  uint64_t published_generation_ = 0;
};

}  // namespace weft::mgmt
