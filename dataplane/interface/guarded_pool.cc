#include "dataplane/interface/guarded_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/poison.h"
#include "dataplane/wire/guarded.h"

namespace weft {
namespace {

// A free list that poisons what it holds: a mempool driver of DPDK. A queue, not a stack: see the
// header. The lock also tells ThreadSanitizer that a buffer changed hands, which the drivers of
// DPDK's own libraries cannot.
struct FreeList {
  std::mutex mutex;
  std::vector<void*> buffers;  // a circle
  uint32_t first = 0;
  uint32_t count = 0;
  bool armed = false;  // the library that fills a new pool writes to free buffers
};

FreeList& free_list(const rte_mempool* pool) {
  return *static_cast<FreeList*>(pool->pool_data);
}

int alloc_list(rte_mempool* pool) {
  auto* list = new FreeList;
  list->buffers.resize(pool->size);
  pool->pool_data = list;
  return 0;
}

void free_of_list(rte_mempool* pool) {
  delete &free_list(pool);
}

int put(rte_mempool* pool, void* const* objects, unsigned count) {
  FreeList& list = free_list(pool);
  const std::lock_guard lock(list.mutex);
  CHECK(list.count + count <= list.buffers.size());
  for (unsigned i = 0; i < count; ++i) {
    if (list.armed) poison(objects[i], pool->elt_size);
    list.buffers[(list.first + list.count++) % list.buffers.size()] = objects[i];
  }
  return 0;
}

int get(rte_mempool* pool, void** objects, unsigned count) {
  FreeList& list = free_list(pool);
  const std::lock_guard lock(list.mutex);
  if (list.count < count) return -ENOBUFS;
  for (unsigned i = 0; i < count; ++i) {
    objects[i] = list.buffers[list.first];
    list.first = (list.first + 1) % static_cast<uint32_t>(list.buffers.size());
    --list.count;
    unpoison(objects[i], sizeof(rte_mbuf) + rte_pktmbuf_priv_size(pool));
  }
  return 0;
}

unsigned count_free(const rte_mempool* pool) {
  FreeList& list = free_list(pool);
  const std::lock_guard lock(list.mutex);
  return list.count;
}

// Constant, because DPDK registers it before other initialisers run.
constinit const rte_mempool_ops ops = {
    .name = "weft_guarded",
    .alloc = alloc_list,
    .free = free_of_list,
    .enqueue = put,
    .dequeue = get,
    .get_count = count_free,
};
RTE_MEMPOOL_REGISTER_OPS(ops)

// Every buffer is free.
void arm(rte_mempool* pool) {
  free_list(pool).armed = true;
  rte_mempool_obj_iter(
      pool, [](rte_mempool* of, void*, void* buffer, unsigned) { poison(buffer, of->elt_size); },
      nullptr);
}

// Also of what a device still holds: the memory goes back whole.
void disarm(rte_mempool* pool) {
  rte_mempool_obj_iter(
      pool, [](rte_mempool* of, void*, void* buffer, unsigned) { unpoison(buffer, of->elt_size); },
      nullptr);
}

// One segment with the front of `bytes`; exactly as long.
rte_mbuf* new_segment(rte_mempool& pool, std::span<const std::byte>& bytes) {
  rte_mbuf* segment = rte_pktmbuf_alloc(&pool);
  if (segment == nullptr) return nullptr;
  const auto length = std::min<std::size_t>(bytes.size(), rte_pktmbuf_tailroom(segment));
  segment->data_len = static_cast<uint16_t>(length);
  segment->pkt_len = static_cast<uint32_t>(length);
  guard(segment);
  std::copy_n(bytes.begin(), length, rte_pktmbuf_mtod(segment, std::byte*));
  bytes = bytes.subspan(length);
  return segment;
}

}  // namespace

GuardedPool::GuardedPool(uint32_t buffers, uint16_t data_room_bytes) {
  const std::string pool_name = fmt::format("guarded_{}", fmt::ptr(this));
  pool_ = rte_pktmbuf_pool_create_by_ops(pool_name.c_str(), buffers, 0, 0, data_room_bytes,
                                         SOCKET_ID_ANY, ops.name);
  CHECK(pool_ != nullptr);
  arm(pool_);
}

GuardedPool::~GuardedPool() {
  disarm(pool_);
  rte_mempool_free(pool_);
}

Packet new_frame(rte_mempool& pool, std::span<const std::byte> bytes) {
  rte_mbuf* head = new_segment(pool, bytes);
  rte_mbuf* last = head;
  while (last != nullptr && !bytes.empty()) {
    rte_mbuf* segment = new_segment(pool, bytes);
    if (segment == nullptr) {
      rte_pktmbuf_free(head);
      return {};
    }
    last->next = segment;
    last = segment;
    ++head->nb_segs;
    head->pkt_len += segment->data_len;
  }
  return Packet(head);
}

void copy_frame(Packet packet, std::span<std::byte> out) {
  auto to = out.begin();
  for (const rte_mbuf* segment = packet.buffer(); segment != nullptr; segment = segment->next) {
    to = std::copy_n(rte_pktmbuf_mtod(segment, const std::byte*), segment->data_len, to);
  }
}

void seal(Packet packet) {
  for (rte_mbuf* segment = packet.buffer(); segment != nullptr;) {
    rte_mbuf* next = segment->next;
    poison(segment->buf_addr, segment->buf_len);
    poison(segment, sizeof(rte_mbuf));
    segment = next;
  }
}

void unseal(Packet packet) {
  for (rte_mbuf* segment = packet.buffer(); segment != nullptr; segment = segment->next) {
    unpoison(segment, sizeof(rte_mbuf));  // guarded pools keep nothing private
    unpoison(rte_pktmbuf_mtod(segment, std::byte*), segment->data_len);
  }
}

}  // namespace weft
