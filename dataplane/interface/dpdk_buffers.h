// A pool of packet buffers in one contiguous piece of memory. (DPDK's AF_XDP driver hands the
// kernel the first piece of a pool only, and counts on buffers without gaps; the pools that DPDK
// makes by default have gaps without hugepages.)
// Requires: the EAL has started; on destruction every buffer has come back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/result.h"

struct rte_mempool;

namespace weft {

struct FreeBuffers {
  void operator()(rte_mempool* pool) const;
};
using Buffers = std::unique_ptr<rte_mempool, FreeBuffers>;

// What a frame may have in one buffer, without its headroom.
inline constexpr uint32_t standard_buffer_bytes = 2048;

// Memory for one buffer of that size, with everything around it.
uint64_t buffer_memory_bytes(uint32_t buffer_bytes);

// Error: one sentence with the sizes when the memory is not there.
Result<Buffers> make_buffers(const std::string& owner, uint32_t count, uint32_t buffer_bytes);

}  // namespace weft
