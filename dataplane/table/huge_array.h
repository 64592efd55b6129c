// A zeroed array in pages of its own, huge ones where the kernel has them: a table of random access
// misses the TLB at every look-up otherwise. T is usable when all its bytes are zero.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace weft {

template <class T>
class HugeArray {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  // Throws std::bad_alloc.
  explicit HugeArray(std::size_t items) : bytes_(items * sizeof(T)) {
    void* memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, bytes_, MADV_HUGEPAGE);
    items_ = static_cast<T*>(memory);
  }
  HugeArray(HugeArray&& other) noexcept
      : items_(std::exchange(other.items_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  HugeArray& operator=(HugeArray&&) = delete;
  ~HugeArray() {
    if (items_ != nullptr) munmap(items_, bytes_);
  }

  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }

 private:
  T* items_;
  std::size_t bytes_;
};

}  // namespace weft
