// Ids that outlive snapshots: a key keeps its id (slot and generation) for as long as it exists,
// and a slot goes to another key only when every worker has let go of it. (ARCHITECTURE.md,
// decision 5; the life of a slot is in README.md)
//
//   free -> live -> leaving -> retired -> free
//
// Thread safety: one thread. Invariants: a slot has at most one key; ids never repeat; a retired
// slot never comes back to its key.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/result.h"

namespace weft::mgmt {

template <class Key, class Slot, class Hash = std::hash<Key>>
class Identity {
 public:
  // `kind` names the keys in errors ("endpoint").
  Identity(std::string kind, uint32_t slots_max) : kind_(std::move(kind)), slots_max_(slots_max) {}

  // The key's id. The one it has if it is live or leaving (then it is live again), otherwise a new
  // one. An Error when every slot is taken.
  Result<Id<Slot>> acquire(const Key& key) {
    const auto known = slot_of_.find(key);
    if (known != slot_of_.end()) {
      State& state = at(known->second).state;
      if (state == State::leaving) leaving_.erase(known->second);
      state = State::live;
      return id(known->second);
    }
    const std::optional<Slot> slot = take_free();
    if (!slot) return exhausted();
    slot_of_.emplace(key, *slot);
    at(*slot).state = State::live;
    ++at(*slot).generation;
    return id(*slot);
  }

  // The key is not wanted any more; its id stays its own until it is retired.
  // Requires: live or leaving.
  void release(const Key& key) {
    const auto known = slot_of_.find(key);
    CHECK(known != slot_of_.end());
    at(known->second).state = State::leaving;
    leaving_.insert(known->second);
  }

  // No snapshot from `generation` on knows the key, whose name is forgotten here too.
  // Requires: leaving; generations do not fall from call to call.
  void retire(const Key& key, uint64_t generation) {
    const auto known = slot_of_.find(key);
    CHECK(known != slot_of_.end() && at(known->second).state == State::leaving);
    CHECK(retired_.empty() || retired_.back().first <= generation);
    at(known->second).state = State::retired;
    leaving_.erase(known->second);
    retired_.emplace_back(generation, known->second);
    slot_of_.erase(known);
  }

  // Every worker has let go of what is absent from generation `swept_generation` (the smallest of
  // their TurnCounters::swept_generation). Gives the number of slots that are free now.
  uint32_t sweep(uint64_t swept_generation) {
    uint32_t freed = 0;
    for (; !retired_.empty() && retired_.front().first <= swept_generation; ++freed) {
      at(retired_.front().second).state = State::free;
      free_.push_back(retired_.front().second);
      retired_.pop_front();
    }
    return freed;
  }

  // Nobody refers to the slot: another key may get it.
  bool may_reuse(Slot slot) const {
    return index(slot) >= slots_.size() || slots_[index(slot)].state == State::free;
  }
  // Null when the key is neither live nor leaving.
  std::optional<Id<Slot>> find(const Key& key) const {
    const auto known = slot_of_.find(key);
    if (known == slot_of_.end()) return std::nullopt;
    return id(known->second);
  }
  // In order.
  const std::set<Slot>& leaving() const { return leaving_; }
  std::size_t retired() const { return retired_.size(); }

 private:
  enum class State : uint8_t { free, live, leaving, retired };
  struct Record {
    uint32_t generation = 0;
    State state = State::free;
  };

  Record& at(Slot slot) { return slots_[index(slot)]; }
  Id<Slot> id(Slot slot) const { return {slot, slots_[index(slot)].generation}; }

  // Freed slots before new ones, so that they stay dense; the one free for longest first.
  std::optional<Slot> take_free() {
    if (!free_.empty()) {
      const Slot slot = free_.front();
      free_.pop_front();
      return slot;
    }
    if (slots_.size() == slots_max_) return std::nullopt;
    slots_.emplace_back();
    return static_cast<Slot>(slots_.size() - 1);
  }

  tl::unexpected<Error> exhausted() const {
    const std::size_t waiting = leaving_.size() + retired_.size();
    return fail("no room for another " + kind_ + ": all " + std::to_string(slots_max_) +
                    " are in use, " + std::to_string(waiting) +
                    " of them by removed ones whose flows have not ended",
                Fault::operator_input, waiting > 0);
  }

  const std::string kind_;
  const uint32_t slots_max_;
  std::vector<Record> slots_;
  std::unordered_map<Key, Slot, Hash> slot_of_;  // live and leaving
  std::set<Slot> leaving_;
  std::deque<std::pair<uint64_t, Slot>> retired_;  // by the generation they left with
  std::deque<Slot> free_;
};

}  // namespace weft::mgmt
