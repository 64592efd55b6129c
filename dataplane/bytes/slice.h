// A range of bytes that nobody writes any more, and a share in the buffer that holds them.
// Thread safety: a slice and its copies stay on one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "dataplane/base/check.h"

namespace weft {

// How shares in one kind of buffer are counted.
struct BufferKind {
  void (*share)(void* buffer);
  void (*release)(void* buffer);
};

class Slice {
 public:
  Slice() = default;
  // Takes over one share in `buffer`; `pinned_bytes` is what the buffer costs while it lives.
  // Requires: `bytes` lie in it.
  Slice(std::span<const std::byte> bytes, void* buffer, const BufferKind& kind,
        uint32_t pinned_bytes)
      : data_(bytes.data()),
        size_(static_cast<uint32_t>(bytes.size())),
        pinned_bytes_(pinned_bytes),
        buffer_(buffer),
        kind_(&kind) {}

  // In a block of its own.
  static Slice copy_of(std::span<const std::byte> bytes);
  static Slice copy_of(std::string_view text) { return copy_of(std::as_bytes(std::span(text))); }
  // Bytes that outlive every slice of them, such as constants.
  static Slice of_static(std::string_view text);

  Slice(const Slice& other)
      : data_(other.data_),
        size_(other.size_),
        pinned_bytes_(other.pinned_bytes_),
        buffer_(other.buffer_),
        kind_(other.kind_) {
    if (buffer_ != nullptr) kind_->share(buffer_);
  }
  Slice(Slice&& other) noexcept { swap(other); }
  Slice& operator=(Slice other) noexcept {
    swap(other);
    return *this;
  }
  ~Slice() {
    if (buffer_ != nullptr) kind_->release(buffer_);
  }

  const std::byte* data() const { return data_; }
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  // What its buffer costs, however few of its bytes are in the slice.
  uint32_t pinned_bytes() const { return pinned_bytes_; }

  // Requires: n <= size().
  void drop_front(uint32_t n) {
    DCHECK(n <= size_);
    data_ += n;
    size_ -= n;
  }
  void drop_back(uint32_t n) {
    DCHECK(n <= size_);
    size_ -= n;
  }
  Slice part(uint32_t from, uint32_t n) const {
    Slice slice(*this);
    slice.drop_front(from);
    slice.drop_back(slice.size() - n);
    return slice;
  }

 private:
  friend class Chain;  // extends a slice that it made

  void swap(Slice& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(pinned_bytes_, other.pinned_bytes_);
    std::swap(buffer_, other.buffer_);
    std::swap(kind_, other.kind_);
  }

  const std::byte* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t pinned_bytes_ = 0;
  void* buffer_ = nullptr;
  const BufferKind* kind_ = nullptr;
};

static_assert(sizeof(Slice) == 32);

}  // namespace weft
