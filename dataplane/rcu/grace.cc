#include "dataplane/rcu/grace.h"

#include <cstddef>
#include <new>

#include "dataplane/base/check.h"

namespace weft {

static constexpr std::align_val_t state_alignment{RTE_CACHE_LINE_SIZE};

Grace::Grace(uint32_t readers) : readers_(readers) {
  CHECK(readers > 0);
  const std::size_t state_bytes = rte_rcu_qsbr_get_memsize(readers);
  state_.reset(static_cast<rte_rcu_qsbr*>(::operator new(state_bytes, state_alignment)));
  CHECK(rte_rcu_qsbr_init(state_.get(), readers) == 0);
  for (uint32_t reader = 0; reader < readers; ++reader) {
    CHECK(rte_rcu_qsbr_thread_register(state_.get(), reader) == 0);
  }
}

void Grace::Free::operator()(rte_rcu_qsbr* state) const {
  ::operator delete(state, state_alignment);
}

}  // namespace weft
