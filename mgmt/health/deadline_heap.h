// Deadlines of keys, the earliest first: a binary heap that knows where each key stands, so that a
// deadline moves or goes in O(log n) and nothing stale stays behind. Ties go to the smaller key, so
// that a seed replays identically. Keys are small dense numbers; memory follows the largest.
// Thread safety: none. Invariant: a key is in it at most once.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/clock.h"

namespace weft::mgmt {

class DeadlineHeap {
 public:
  using Key = uint32_t;

  bool empty() const { return heap_.empty(); }
  uint32_t size() const { return static_cast<uint32_t>(heap_.size()); }
  bool contains(Key key) const { return key < places_.size() && places_[key] != nowhere; }

  // Adds the key or moves it.
  void set(Key key, Instant at);
  // Nothing when it is not there.
  void erase(Key key);
  // Requires: not empty.
  Instant earliest() const { return heap_.front().at; }
  // The key with the earliest deadline; it is gone afterwards. Requires: not empty.
  Key pop();

 private:
  struct Item {
    Instant at;
    Key key = 0;
    auto operator<=>(const Item&) const = default;
  };
  static constexpr uint32_t nowhere = UINT32_MAX;

  void place(uint32_t at, Item item);
  void up(uint32_t at, Item item);
  void down(uint32_t at, Item item);

  std::vector<Item> heap_;
  std::vector<uint32_t> places_;  // by key: index into heap_, or nowhere
};

}  // namespace weft::mgmt
