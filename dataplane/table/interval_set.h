// Whether a key lies in one of many intervals: their ends in order, in a static search tree of
// cache lines. A key is inside when the number of ends that are not above it is odd, so nothing is
// stored but the ends. A node holds as many keys as a cache line does, and a level is 9 to 17 times
// as wide as the one above it: of two million ends of four bytes all but the last two or three
// lines of a look-up stay in the core's caches. Keys are looked up together, level by level, so
// that their misses overlap. Thread safety: immutable.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/table/huge_array.h"

namespace weft {

template <class Key>
struct Interval {  // both ends are inside
  Key first;
  Key last;
};

template <class Key>
class IntervalSet {
 public:
  static constexpr uint32_t together_max = 32;

  // In any order; they may touch and overlap. Requires: first <= last.
  explicit IntervalSet(std::vector<Interval<Key>> intervals)
      : IntervalSet(ends_of(std::move(intervals))) {}

  bool empty() const { return ends_ == 0; }
  // The same keys are in both.
  bool operator==(const IntervalSet& other) const {
    return ends_ == other.ends_ && std::memcmp(&nodes_[0], &other.nodes_[0], bytes()) == 0;
  }
  std::size_t bytes() const { return nodes_max_ * sizeof(Node); }

  // Bit i: keys[i] is in an interval. Requires: at most together_max keys.
  uint32_t members(std::span<const Key> keys) const {
    DCHECK(keys.size() <= together_max);
    std::array<uint32_t, together_max> at{};  // the node of each key in the level
    for (const Level& level : inner_) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const uint32_t child = at[i] * fanout + not_above(nodes_[level.first + at[i]], keys[i]);
        at[i] = std::min(child, level.children - 1);
        __builtin_prefetch(&nodes_[level.first_child + at[i]]);
      }
    }
    uint32_t inside = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const uint32_t rank = at[i] * node_keys + not_above(nodes_[leaves_ + at[i]], keys[i]);
      inside |= (std::min(rank, ends_) & 1) << i;
    }
    return inside;
  }

 private:
  static constexpr uint32_t node_keys = 64 / sizeof(Key);
  static constexpr uint32_t fanout = node_keys + 1;
  static constexpr Key greatest = ~Key{0};  // fills up nodes; what it adds to a rank is cut off

  struct alignas(64) Node {
    std::array<Key, node_keys> keys;
  };
  struct Level {
    uint32_t first = 0;        // index of its first node
    uint32_t first_child = 0;  // index of the first node of the level below
    uint32_t children = 0;     // nodes of the level below
  };

  // Where membership changes, ascending: into an interval, out of it, into the next.
  static std::vector<Key> ends_of(std::vector<Interval<Key>> intervals) {
    std::ranges::sort(intervals, {}, &Interval<Key>::first);
    std::vector<Key> ends;
    for (std::size_t i = 0; i < intervals.size();) {
      const Key first = intervals[i].first;
      Key last = intervals[i].last;
      for (++i; i < intervals.size(); ++i) {
        if (last != greatest && intervals[i].first > last + 1) break;
        last = std::max(last, intervals[i].last);
      }
      ends.push_back(first);
      if (last != greatest) ends.push_back(last + 1);
    }
    return ends;
  }

  explicit IntervalSet(const std::vector<Key>& ends)
      : ends_(static_cast<uint32_t>(ends.size())),
        nodes_max_(nodes_for(ends.size())),
        nodes_(nodes_max_) {
    CHECK(ends.size() <= std::numeric_limits<uint32_t>::max() / fanout);
    std::vector<uint32_t> widths = widths_for(ends.size());  // of each level, the leaves first
    uint32_t next = 0;
    std::size_t keys_below = node_keys;  // keys in the leaves under one node of the level below
    for (std::size_t height = widths.size(); height-- > 1;) {
      inner_.push_back({next, next + widths[height], widths[height - 1]});
      next += widths[height];
    }
    leaves_ = next;
    for (std::size_t i = 0; i < std::size_t{widths[0]} * node_keys; ++i) {
      nodes_[leaves_ + i / node_keys].keys[i % node_keys] = i < ends.size() ? ends[i] : greatest;
    }
    for (std::size_t level = inner_.size(); level-- > 0; keys_below *= fanout) {
      fill(inner_[level], ends, keys_below);
    }
  }

  // A key of an inner node is the first one under the child to its right.
  void fill(const Level& level, const std::vector<Key>& ends, std::size_t keys_below) {
    for (uint32_t node = level.first; node < level.first_child; ++node) {
      for (uint32_t i = 0; i < node_keys; ++i) {
        const std::size_t child = std::size_t{node - level.first} * fanout + i + 1;
        const bool there = child < level.children;
        nodes_[node].keys[i] = there ? ends[child * keys_below] : greatest;
      }
    }
  }

  static std::vector<uint32_t> widths_for(std::size_t ends) {
    const std::size_t leaves = std::max<std::size_t>(1, (ends + node_keys - 1) / node_keys);
    std::vector<uint32_t> widths = {static_cast<uint32_t>(leaves)};
    while (widths.back() > 1) widths.push_back((widths.back() + fanout - 1) / fanout);
    return widths;
  }
  static std::size_t nodes_for(std::size_t ends) {
    std::size_t nodes = 0;
    for (const uint32_t width : widths_for(ends)) nodes += width;
    return nodes;
  }

  static uint32_t not_above(const Node& node, Key key) {
    uint32_t count = 0;
    for (const Key& other : node.keys) count += uint32_t{other <= key};
    return count;
  }

  uint32_t ends_;
  std::size_t nodes_max_;
  HugeArray<Node> nodes_;     // the root, then level by level, the leaves last
  std::vector<Level> inner_;  // from the root down
  uint32_t leaves_ = 0;       // index of the first leaf
};

}  // namespace weft
