// A bounded queue of records of any length from one thread to another, each in one piece. Memory is
// touched where it is used.
// Thread safety: push by one thread, front and pop by one thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/table/huge_array.h"

namespace weft {

class RecordRing {
 public:
  // Requires: a power of two, at least 64. Throws std::bad_alloc.
  explicit RecordRing(uint32_t ring_bytes);

  // One record of both parts. False: no room.
  bool push(std::span<const std::byte> head, std::span<const std::byte> body);
  // The oldest record, good until pop(); empty: there is none.
  std::span<const std::byte> front();
  // Requires: front() gave a record.
  void pop();

 private:
  std::byte* at(uint64_t position) { return &memory_[position & (bytes_ - 1)]; }

  const uint32_t bytes_;
  HugeArray<std::byte> memory_;
  alignas(64) std::atomic<uint64_t> pushed_bytes_{0};  // the producer writes
  alignas(64) std::atomic<uint64_t> popped_bytes_{0};  // the consumer writes
};

}  // namespace weft
