#include "dataplane/tcp/reassembly.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weft {

uint64_t Reassembly::pinned_bytes() const {
  uint64_t sum = 0;
  for (const Run& run : runs_) sum += run.bytes.pinned_bytes();
  return sum;
}

std::size_t Reassembly::first_that_ends_at_or_behind(Sequence number) const {
  const auto found = std::partition_point(runs_.begin(), runs_.end(),
                                          [&](const Run& run) { return run.end() < number; });
  return static_cast<std::size_t>(found - runs_.begin());
}

// Run i + 1 begins where run i ends.
void Reassembly::absorb_next(std::size_t i) {
  runs_[i].bytes.append(std::move(runs_[i + 1].bytes));
  runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
}

bool Reassembly::insert(Sequence begin, Slice bytes) {
  ++insertions_;
  std::size_t i = first_that_ends_at_or_behind(begin);
  while (!bytes.empty()) {
    const bool touches = i < runs_.size() && runs_[i].begin <= begin;
    if (!touches) {
      if (runs_.size() == runs_max) return false;
      runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(i), Run{begin, {}});
    }
    Run& run = runs_[i];
    run.grew = insertions_;
    // What the run has already.
    const uint32_t known = std::min(bytes.size(), run.end() - begin);
    bytes.drop_front(known);
    begin += known;
    const bool last = i + 1 == runs_.size();
    const uint32_t gap = last ? bytes.size() : std::min(bytes.size(), runs_[i + 1].begin - begin);
    run.bytes.append(bytes.part(0, gap));
    bytes.drop_front(gap);
    begin += gap;
    if (!last && runs_[i].end() == runs_[i + 1].begin) absorb_next(i);
  }
  return true;
}

SequenceRange Reassembly::known_part(SequenceRange bytes) const {
  const std::size_t i = first_that_ends_at_or_behind(bytes.begin + 1);
  if (i == runs_.size() || runs_[i].begin >= bytes.end) return {};
  return {later(bytes.begin, runs_[i].begin), earlier(bytes.end, runs_[i].end())};
}

uint32_t Reassembly::take_from(Sequence next, Chain& to) {
  while (!runs_.empty() && runs_.front().end() <= next) runs_.erase(runs_.begin());
  uint32_t taken = 0;
  if (!runs_.empty() && runs_.front().begin <= next) {
    Run& run = runs_.front();
    run.bytes.drop_front(next - run.begin);
    taken = static_cast<uint32_t>(run.bytes.size());
    to.append(std::move(run.bytes));
    runs_.erase(runs_.begin());
  }
  if (runs_.empty()) clear();
  return taken;
}

uint32_t Reassembly::blocks(std::span<SequenceRange> to) const {
  std::array<uint32_t, runs_max> order;
  const auto count = static_cast<uint32_t>(runs_.size());
  for (uint32_t i = 0; i < count; ++i) order[i] = i;
  const auto wanted = static_cast<uint32_t>(std::min<std::size_t>(to.size(), count));
  std::partial_sort(order.begin(), order.begin() + wanted, order.begin() + count,
                    [&](uint32_t a, uint32_t b) { return runs_[a].grew > runs_[b].grew; });
  for (uint32_t i = 0; i < wanted; ++i) to[i] = {runs_[order[i]].begin, runs_[order[i]].end()};
  return wanted;
}

}  // namespace weft
