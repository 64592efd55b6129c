// For benchmarks: an interface that receives the next of given frames, over and over, 32 at a time,
// and shows what is transmitted before it drops it. Nothing here takes longer than the copy of the
// frames. Thread safety: one thread a queue.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <array>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/interface/interface.h"

namespace weft {

inline constexpr uint32_t bench_frame_bytes = 64;

struct alignas(64) BenchFrame {
  std::array<std::byte, bench_frame_bytes> bytes;
};

class LoopInterface final : public Interface {
 public:
  // Sees the packets of a burst at the moment they are transmitted, on the thread of the queue.
  using Watch = std::function<void(std::span<Packet> packets, uint32_t queue)>;

  // Who else frees the buffers.
  enum class Freed : uint8_t {
    here,
    // On other cores: buffers are taken as drivers do, and no write of what is a device's DMA in
    // truth waits for a line in another core's cache.
    elsewhere,
  };

  // Buffers come from `pool`, which outlives this.
  explicit LoopInterface(rte_mempool& pool, Watch watch = {}, uint32_t queues = 1,
                         Freed freed = Freed::here)
      : pool_(pool), watch_(std::move(watch)), freed_(freed), queues_(queues) {}

  // From now on these; none: nothing is received. `laps`: so many times, then nothing.
  void offer(std::vector<BenchFrame> frames, uint64_t laps = UINT64_MAX, uint32_t queue = 0) {
    queues_[queue] = {std::move(frames), 0, laps};
  }
  bool exhausted(uint32_t queue = 0) const { return queues_[queue].exhausted(); }

  std::string_view name() const override { return "loop"; }
  uint32_t queues() const override { return static_cast<uint32_t>(queues_.size()); }
  uint32_t mtu_bytes() const override { return 1500; }

  uint32_t receive(uint32_t queue, std::span<Packet> packets) override {
    Queue& from = queues_[queue];
    if (from.exhausted()) return 0;
    auto* buffers = reinterpret_cast<rte_mbuf**>(packets.data());
    const auto count = static_cast<uint32_t>(packets.size());
    if (freed_ == Freed::here) {
      CHECK(rte_pktmbuf_alloc_bulk(&pool_, buffers, count) == 0);
    } else {
      take(buffers, count);
    }
    for (uint32_t i = 0; i < count; ++i) {
      buffers[i]->data_len = bench_frame_bytes;
      buffers[i]->pkt_len = bench_frame_bytes;
      std::memcpy(rte_pktmbuf_mtod(buffers[i], void*), from.frames[from.next].bytes.data(),
                  bench_frame_bytes);
      if (++from.next < from.frames.size()) continue;
      from.next = 0;
      --from.laps;
    }
    return count;
  }
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override {
    if (watch_) watch_(packets, queue);
    const auto count = static_cast<uint32_t>(packets.size());
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(packets.data()), count);
    return count;
  }

 private:
  struct alignas(64) Queue {
    std::vector<BenchFrame> frames;
    std::size_t next = 0;
    uint64_t laps = UINT64_MAX;
    bool exhausted() const { return frames.empty() || laps == 0; }
  };

  // As rte_pktmbuf_alloc_bulk, but the second line of a buffer is left alone: what a pool holds is
  // followed by no other buffer.
  void take(rte_mbuf** buffers, uint32_t count) {
    CHECK(rte_mempool_get_bulk(&pool_, reinterpret_cast<void**>(buffers), count) == 0);
    for (uint32_t i = 0; i < count; ++i) {
      prefetch_to_write(buffers[i]);
      prefetch_to_write(rte_mbuf_buf_addr(buffers[i], &pool_) + RTE_PKTMBUF_HEADROOM);
    }
    for (uint32_t i = 0; i < count; ++i) {
      buffers[i]->ol_flags = 0;
      buffers[i]->packet_type = 0;
      rte_pktmbuf_reset_headroom(buffers[i]);
    }
  }

  rte_mempool& pool_;
  const Watch watch_;
  const Freed freed_;
  std::vector<Queue> queues_;
};

}  // namespace weft
