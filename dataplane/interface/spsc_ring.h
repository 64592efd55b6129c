// A bounded queue from one thread to another (single producer, single consumer): an rte_ring in
// memory of its own, so it has no name and needs no EAL; C11 memory model, which ThreadSanitizer
// understands. Pushing and popping neither allocate nor lock.
#pragma once

#include <rte_ring_core.h>

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace weft {

// The ring of items of a size known at run time; use SpscRing.
class RawSpscRing {
 public:
  RawSpscRing(uint32_t item_bytes, uint32_t items_max);

  // Both give the number of items moved, from the front.
  uint32_t push(const void* items, uint32_t count);
  uint32_t pop(void* items, uint32_t count);
  uint32_t size() const;

 private:
  struct Free {
    void operator()(rte_ring* ring) const;
  };
  uint32_t item_bytes_;
  std::unique_ptr<rte_ring, Free> ring_;
};

// Thread safety: push by one thread, pop by one thread, size by any (a number of the moment).
template <class T>
class SpscRing {
 public:
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0, "rte_ring copies words");

  // Holds exactly items_max items. Requires: items_max > 0.
  explicit SpscRing(uint32_t items_max) : raw_(sizeof(T), items_max) {}

  // Takes items from the front of `items` while there is room and gives the number taken.
  uint32_t push(std::span<const T> items) {
    return raw_.push(items.data(), static_cast<uint32_t>(items.size()));
  }
  // Fills the front of `items` with the oldest and gives their number.
  uint32_t pop(std::span<T> items) {
    return raw_.pop(items.data(), static_cast<uint32_t>(items.size()));
  }
  uint32_t size() const { return raw_.size(); }

 private:
  RawSpscRing raw_;
};

}  // namespace weft
