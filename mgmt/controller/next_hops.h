// Which neighbours the kernel should resolve: the next hops of all endpoints, and the gateways of
// the twins' routes. One that is not resolved is asked for at once and then less and less often;
// one that is resolved is confirmed every confirm_interval, because no packet of the workers tells
// the kernel that it is still there.
// Thread safety: none. Invariant: at most next_hops_per_poll_max asked for in one poll.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "mgmt/controller/actions.h"

namespace weft::mgmt {

inline constexpr Duration confirm_interval = seconds(30);
inline constexpr Duration resolve_retry_first = seconds(1);
inline constexpr Duration resolve_retry_longest = seconds(30);
inline constexpr uint32_t next_hops_per_poll_max = 256;
inline constexpr uint32_t next_hops_wanted_max = 1024;
inline constexpr Duration next_hops_pause = milliseconds(10);  // after that many

class NextHops {
 public:
  // The endpoints and what the kernel knows, whenever either changed.
  void update(const Desired& desired, Instant now);
  // A worker has a packet for a neighbour it does not know (a client's next hop): asked for at
  // once, and not again within resolve_retry_first. Beyond next_hops_wanted_max others are
  // forgotten; the next packet wants them again.
  void on_wanted(const NextHopAddress& next_hop, Instant now);
  // Appends what to resolve or to confirm now.
  void poll(Instant now, std::vector<NextHopAddress>& neighbours);
  Instant next_poll() const;

 private:
  struct Ask {
    Instant next;
    Duration retry = resolve_retry_first;
    bool resolved = false;
  };

  void schedule(const NextHopAddress& next_hop, Ask& ask, Instant next);

  std::map<NextHopAddress, Ask> asks_;
  std::set<std::pair<Instant, NextHopAddress>> due_;
  std::map<NextHopAddress, Instant> wanted_;  // by workers; until when not to ask again
  std::vector<NextHopAddress> wanted_now_;    // since the last poll
  Instant not_before_ = Instant::min();
};

// The next hops of the endpoints and the gateways of routes, as the kernel's routes have them.
std::set<NextHopAddress> next_hops_of(const Desired& desired);

}  // namespace weft::mgmt
