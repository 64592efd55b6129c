#include "dataplane/interface/dpdk_buffers.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

namespace weft {

static constexpr uint32_t thread_cache_buffers = 256;

// What came back last goes out first. DPDK's usual ring goes around all buffers as soon as one
// worker receives what another one frees, and then every frame meets a cold one.
static constexpr const char* last_in_first_out = "stack";

void FreeBuffers::operator()(rte_mempool* pool) const {
  rte_mempool_free(pool);
}

static uint32_t element_bytes(uint32_t buffer_bytes) {
  return static_cast<uint32_t>(sizeof(rte_mbuf)) + RTE_PKTMBUF_HEADROOM + buffer_bytes;
}

uint64_t buffer_memory_bytes(uint32_t buffer_bytes) {
  rte_mempool_objsz size{};
  return rte_mempool_calc_obj_size(element_bytes(buffer_bytes), 0, &size);
}

// DPDK keeps names of 25 characters; two gateways may have interfaces of one name.
static std::string free_pool_name(const std::string& owner) {
  for (uint32_t i = 0;; ++i) {
    std::string name = fmt::format("{}#{}", owner.substr(0, 16), i);
    if (rte_mempool_lookup(name.c_str()) == nullptr) return name;
  }
}

static void free_memory(rte_mempool_memhdr*, void* memory) {
  rte_memzone_free(static_cast<const rte_memzone*>(memory));
}

// Where any memory is contiguous to devices (virtual IO addresses), buffers may cross pages.
static bool is_contiguous() {
  return rte_eal_iova_mode() == RTE_IOVA_VA;
}

// One piece for all. (By default DPDK gives every buffer its page where pages are small.)
static int populate(rte_mempool* pool) {
  if (!is_contiguous()) return rte_mempool_populate_default(pool);
  std::size_t chunk_bytes_min = 0;
  std::size_t alignment_bytes = 0;
  const ssize_t bytes =
      rte_mempool_op_calc_mem_size_default(pool, pool->size, 0, &chunk_bytes_min, &alignment_bytes);
  if (bytes < 0) return static_cast<int>(bytes);
  const std::string name = fmt::format("mem_{}", pool->name);
  const rte_memzone* memory =
      rte_memzone_reserve_aligned(name.c_str(), static_cast<std::size_t>(bytes), pool->socket_id, 0,
                                  static_cast<unsigned>(alignment_bytes));
  if (memory == nullptr) return -rte_errno;
  const int populated =
      rte_mempool_populate_iova(pool, static_cast<char*>(memory->addr), memory->iova, memory->len,
                                free_memory, const_cast<void*>(static_cast<const void*>(memory)));
  if (populated < 0) rte_memzone_free(memory);
  return populated;
}

Result<Buffers> make_buffers(const std::string& owner, uint32_t count, uint32_t buffer_bytes) {
  const std::string name = free_pool_name(owner);
  const uint32_t cache = count / 16 > thread_cache_buffers ? thread_cache_buffers : 0;
  Buffers pool(rte_mempool_create_empty(
      name.c_str(), count, element_bytes(buffer_bytes), cache, sizeof(rte_pktmbuf_pool_private),
      static_cast<int>(rte_socket_id()), is_contiguous() ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0));
  rte_pktmbuf_pool_private layout{};
  layout.mbuf_data_room_size = static_cast<uint16_t>(RTE_PKTMBUF_HEADROOM + buffer_bytes);
  if (pool && rte_mempool_set_ops_byname(pool.get(), last_in_first_out, nullptr) == 0) {
    rte_pktmbuf_pool_init(pool.get(), &layout);
    if (populate(pool.get()) == static_cast<int>(count)) {
      rte_mempool_obj_iter(pool.get(), rte_pktmbuf_init, nullptr);
      return pool;
    }
  }
  const uint64_t mib = (uint64_t{count} * buffer_memory_bytes(buffer_bytes) >> 20) + 1;
  return fail(fmt::format(
      "no memory for {} packet buffers of {} bytes ({} MiB); raise [gateway] memory_mib or lower "
      "mtu_bytes",
      count, buffer_bytes, mib));
}

}  // namespace weft
