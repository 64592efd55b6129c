#include "mgmt/health/deadline_heap.h"

#include "dataplane/base/check.h"

namespace weft::mgmt {

void DeadlineHeap::set(Key key, Instant at) {
  if (key >= places_.size()) places_.resize(key + 1, nowhere);
  uint32_t place = places_[key];
  if (place == nowhere) {
    place = size();
    heap_.emplace_back();
  }
  const Item item{at, key};
  if (place > 0 && item < heap_[(place - 1) / 2]) {
    up(place, item);
  } else {
    down(place, item);
  }
}

void DeadlineHeap::erase(Key key) {
  if (!contains(key)) return;
  const uint32_t gap = places_[key];
  const Item last = heap_.back();
  heap_.pop_back();
  places_[key] = nowhere;
  if (last.key == key) return;
  if (gap > 0 && last < heap_[(gap - 1) / 2]) {
    up(gap, last);
  } else {
    down(gap, last);
  }
}

DeadlineHeap::Key DeadlineHeap::pop() {
  CHECK(!heap_.empty());
  const Key key = heap_.front().key;
  erase(key);
  return key;
}

void DeadlineHeap::place(uint32_t at, Item item) {
  heap_[at] = item;
  places_[item.key] = at;
}

void DeadlineHeap::up(uint32_t at, Item item) {
  while (at > 0 && item < heap_[(at - 1) / 2]) {
    place(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(at, item);
}

void DeadlineHeap::down(uint32_t at, Item item) {
  for (uint32_t child = 2 * at + 1; child < size(); child = 2 * at + 1) {
    if (child + 1 < size() && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < item)) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, item);
}

}  // namespace weft::mgmt
