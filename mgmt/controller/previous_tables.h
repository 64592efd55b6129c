// The tables that a cluster had before its set changed, each for a while. A packet in the middle of
// a connection that this gateway has no entry for was picked by another gateway, most likely by
// the oldest of them: connections are older than the changes of the last seconds.
// A function of (event, now).
// Thread safety: none, one owner. Invariant: no table is kept twice in a row.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "dataplane/base/clock.h"
#include "mgmt/model/desired.h"

namespace weft::mgmt {

// Tables of a cluster that changes faster are not kept: the older ones say more.
inline constexpr std::size_t previous_tables_max = 8;

class PreviousTables {
 public:
  // The table is made of this from now on. The one until now is kept for so long; 0: not at all.
  void replace(DesiredTable next, Duration keep, Instant now);
  // Lets go of the tables whose time has passed. True: there were some.
  bool expire(Instant now);
  // Lets go of all, and knows no table.
  void clear();

  // Null: none is kept.
  std::shared_ptr<const DesiredTable> oldest() const;
  std::size_t size() const { return kept_.size(); }
  Instant next_expiry() const { return kept_.empty() ? Instant::max() : kept_.front().until; }
  // Calls with every endpoint that a kept table names.
  template <class Call>
  void for_each_endpoint(Call call) const {
    for (const Kept& kept : kept_) {
      for (const DesiredEndpoint& endpoint : kept.table->endpoints) call(endpoint.id.slot);
    }
  }

 private:
  struct Kept {
    std::shared_ptr<const DesiredTable> table;
    Instant until;
  };

  std::shared_ptr<const DesiredTable> current_;
  std::deque<Kept> kept_;  // oldest first
};

}  // namespace weft::mgmt
