// For benchmarks: an interface that receives the next of given frames, over and over, 32 at a time,
// and shows what is transmitted before it drops it. Nothing here takes longer than the copy of the
// frames. Thread safety: one thread.
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
#include "dataplane/interface/interface.h"

namespace weft {

inline constexpr uint32_t bench_frame_bytes = 64;

struct alignas(64) BenchFrame {
  std::array<std::byte, bench_frame_bytes> bytes;
};

class LoopInterface final : public Interface {
 public:
  // Sees the packets of a burst at the moment they are transmitted.
  using Watch = std::function<void(std::span<Packet> packets)>;

  // Buffers come from `pool`, which outlives this.
  explicit LoopInterface(rte_mempool& pool, Watch watch = {})
      : pool_(pool), watch_(std::move(watch)) {}

  // From now on these; none: nothing is received. `laps`: so many times, then nothing.
  void offer(std::vector<BenchFrame> frames, uint64_t laps = UINT64_MAX) {
    frames_ = std::move(frames);
    laps_ = laps;
    next_ = 0;
  }
  bool exhausted() const { return frames_.empty() || laps_ == 0; }

  std::string_view name() const override { return "loop"; }
  uint32_t queues() const override { return 1; }
  uint32_t mtu_bytes() const override { return 1500; }

  uint32_t receive(uint32_t, std::span<Packet> packets) override {
    if (exhausted()) return 0;
    auto* buffers = reinterpret_cast<rte_mbuf**>(packets.data());
    const auto count = static_cast<uint32_t>(packets.size());
    CHECK(rte_pktmbuf_alloc_bulk(&pool_, buffers, count) == 0);
    for (uint32_t i = 0; i < count; ++i) {
      buffers[i]->data_len = bench_frame_bytes;
      buffers[i]->pkt_len = bench_frame_bytes;
      std::memcpy(rte_pktmbuf_mtod(buffers[i], void*), frames_[next_].bytes.data(),
                  bench_frame_bytes);
      if (++next_ < frames_.size()) continue;
      next_ = 0;
      --laps_;
    }
    return count;
  }
  uint32_t transmit(uint32_t, std::span<Packet> packets) override {
    if (watch_) watch_(packets);
    const auto count = static_cast<uint32_t>(packets.size());
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(packets.data()), count);
    return count;
  }

 private:
  rte_mempool& pool_;
  const Watch watch_;
  std::vector<BenchFrame> frames_;
  std::size_t next_ = 0;
  uint64_t laps_ = UINT64_MAX;
};

}  // namespace weft
