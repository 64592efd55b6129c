// Slices one after the other: a stretch of a byte stream. Thread safety: one worker.
//
// Offsets count from the first byte that is there; looking one up costs a binary search over the
// slices. A chain without bytes owns no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/bytes/block.h"
#include "dataplane/bytes/slice.h"

namespace weft {

class Chain {
 public:
  // A slice below this that waits behind another is copied, unless it pins little.
  static constexpr uint32_t compact_bytes_max = 512;

  Chain() = default;
  Chain(Chain&& other) noexcept { swap(other); }
  Chain& operator=(Chain&& other) noexcept {
    Chain taken(std::move(other));
    swap(taken);
    return *this;
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain() { clear(); }

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint32_t slices() const { return count_; }
  const Slice& slice(uint32_t i) const { return at(i).slice; }
  const Slice& front() const { return at(0).slice; }
  // What its buffers cost; a buffer of which it has several slices counts once for each but those
  // that it copied together.
  uint64_t pinned_bytes() const { return pinned_bytes_; }

  void append(Slice slice);
  void append(Chain&& other);
  // Copies.
  void append_copy(std::span<const std::byte> bytes);
  void append_copy(std::string_view text) { append_copy(std::as_bytes(std::span(text))); }

  // Requires: n <= size().
  void drop_front(uint64_t n);
  // Takes the first n bytes off. Requires: n <= size().
  Chain take_front(uint64_t n);
  void clear();

  // Copies what begins at the offset. Requires: offset + to.size() <= size().
  void copy_to(uint64_t offset, std::span<std::byte> to) const;
  // The bytes from the offset on that are in one piece; none at the end. Requires: offset <=
  // size().
  std::span<const std::byte> piece_at(uint64_t offset) const;

  std::string text() const;  // a copy, for tests and small things

 private:
  struct Entry {
    Slice slice;
    uint64_t begin = 0;          // of the stream; 0 was the chain's first byte ever
    uint32_t charged_bytes = 0;  // to pinned_bytes_
  };

  void swap(Chain& other) noexcept;
  Entry& at(uint32_t i) const { return ring_[(first_ + i) & (room_ - 1)]; }
  uint32_t find(uint64_t offset) const;
  void push(Slice slice, uint32_t charged_bytes);
  uint32_t join_last(std::span<const std::byte> bytes);
  void pop_front();
  void grow();

  Entry* ring_ = nullptr;
  uint32_t room_ = 0;  // a power of two, or 0
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint64_t size_ = 0;
  uint64_t pinned_bytes_ = 0;
};

}  // namespace weft
