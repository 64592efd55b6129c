// A counter that one thread writes and any thread reads: no read-modify-write, no lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft {

class Counter {
 public:
  void add(uint64_t n) { value_.store(read() + n, std::memory_order_relaxed); }
  void set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};  // its owner writes, anyone reads
};

}  // namespace weft
