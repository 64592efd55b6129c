#define RTE_USE_C11_MEM_MODEL  // before any DPDK header: the other model hides its order in
                               // barriers
#include "dataplane/interface/spsc_ring.h"

#include <rte_ring.h>

#include <cstdlib>

#include "dataplane/base/check.h"

namespace weft {

RawSpscRing::RawSpscRing(uint32_t item_bytes, uint32_t items_max) : item_bytes_(item_bytes) {
  CHECK(items_max > 0);
  const uint32_t cells = rte_align32pow2(items_max + 1);  // one stays empty
  const ssize_t bytes = rte_ring_get_memsize_elem(item_bytes, cells);
  CHECK(bytes > 0);
  ring_.reset(static_cast<rte_ring*>(std::aligned_alloc(
      RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(static_cast<std::size_t>(bytes), RTE_CACHE_LINE_SIZE))));
  CHECK(ring_ != nullptr);
  const unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ;
  CHECK(rte_ring_init(ring_.get(), "spsc", items_max, flags) == 0);
}

uint32_t RawSpscRing::push(const void* items, uint32_t count) {
  return rte_ring_sp_enqueue_burst_elem(ring_.get(), items, item_bytes_, count, nullptr);
}

uint32_t RawSpscRing::pop(void* items, uint32_t count) {
  return rte_ring_sc_dequeue_burst_elem(ring_.get(), items, item_bytes_, count, nullptr);
}

uint32_t RawSpscRing::size() const {
  const uint32_t consumed = __atomic_load_n(&ring_->cons.tail, __ATOMIC_ACQUIRE);
  const uint32_t produced = __atomic_load_n(&ring_->prod.tail, __ATOMIC_ACQUIRE);
  return produced - consumed;
}

void RawSpscRing::Free::operator()(rte_ring* ring) const {
  std::free(ring);
}

}  // namespace weft
