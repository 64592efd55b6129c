// Grace periods over a fixed set of readers (rte_rcu_qsbr): the writer starts one, and it has
// passed when every reader has since been quiescent or offline.
// Thread safety: each reader index belongs to one thread; start() and passed() to the writer's.
#pragma once

#include <rte_rcu_qsbr.h>

#include <cstdint>
#include <memory>

namespace weft {

class Grace {
 public:
  // All readers start offline. Requires: readers > 0.
  explicit Grace(uint32_t readers);

  uint32_t readers() const { return readers_; }

  // The reader may hold pointers from now on. A full fence.
  void online(uint32_t reader) { rte_rcu_qsbr_thread_online(state_.get(), reader); }
  // The reader holds no pointer now. Requires: online.
  void quiescent(uint32_t reader) { rte_rcu_qsbr_quiescent(state_.get(), reader); }
  // The reader holds no pointer until it is online again.
  void offline(uint32_t reader) { rte_rcu_qsbr_thread_offline(state_.get(), reader); }

  // Begins a grace period; the token names it. Tokens grow.
  uint64_t start() { return rte_rcu_qsbr_start(state_.get()); }
  // Never waits. Once true for a token, true for it and all smaller ones for ever.
  bool passed(uint64_t token) { return rte_rcu_qsbr_check(state_.get(), token, false) == 1; }

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* state) const;
  };

  const uint32_t readers_;
  std::unique_ptr<rte_rcu_qsbr, Free> state_;
};

}  // namespace weft
