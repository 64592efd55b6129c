// An immutable hash map in one array, linear probing, at most half full. Built once by mgmt, read
// by workers; copies share the array. hash_of(Key) gives a uint64_t (see table/hash_of.h);
// strangers choose what is looked up, never what is in it, so the longest probe is known when it is
// built. Thread safety: immutable.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "dataplane/table/hash_of.h"

namespace weft {

template <class Key, class Value>
class FlatMap {
 public:
  using Item = std::pair<Key, Value>;

  FlatMap() : FlatMap(std::span<const Item>{}) {}
  // Of items with equal keys the first counts.
  explicit FlatMap(std::span<const Item> items) : mask_(std::bit_ceil(items.size() * 2 + 1) - 1) {
    auto cells = std::make_shared<Cell[]>(mask_ + 1);
    for (const Item& item : items) insert(cells.get(), item);
    cells_ = std::move(cells);
  }

  // Null when absent.
  const Value* find(const Key& key) const { return find(key, hash_of(key)); }
  // Requires: hash == hash_of(key); for callers that prefetch first.
  const Value* find(const Key& key, uint64_t hash) const {
    for (uint64_t at = hash & mask_; cells_[at].used; at = (at + 1) & mask_) {
      if (cells_[at].item.first == key) return &cells_[at].item.second;
    }
    return nullptr;
  }
  void prefetch(uint64_t hash) const { __builtin_prefetch(&cells_[hash & mask_]); }
  uint64_t size() const { return size_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (uint64_t at = 0; at <= mask_; ++at) {
      if (cells_[at].used) visit(cells_[at].item.first, cells_[at].item.second);
    }
  }

 private:
  struct PlainCell {
    Item item{};
    bool used = false;
  };
  // No small cell lies across two cache lines: prefetch() fetches one.
  static constexpr std::size_t cell_alignment =
      sizeof(PlainCell) <= 64 ? std::bit_ceil(sizeof(PlainCell)) : alignof(PlainCell);
  struct alignas(cell_alignment) Cell : PlainCell {};

  void insert(Cell* cells, const Item& item) {
    uint64_t at = hash_of(item.first) & mask_;
    for (; cells[at].used; at = (at + 1) & mask_) {
      if (cells[at].item.first == item.first) return;
    }
    cells[at].item = item;
    cells[at].used = true;
    ++size_;
  }

  uint64_t mask_;
  uint64_t size_ = 0;
  std::shared_ptr<const Cell[]> cells_;  // mask_ + 1 of them
};

}  // namespace weft
