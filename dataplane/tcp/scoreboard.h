// What a connection has in flight: stretches of its sequence space, each sent at one instant, in
// order and without gaps from the first unacknowledged number to the next one to send. Each is
// outstanding, selectively acknowledged (RFC 2018), or lost; neighbours that are both selectively
// acknowledged are one. Thread safety: one worker.
//
// Without ranges it owns no memory. Looking up a number costs a binary search.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"
#include "dataplane/tcp/sequence.h"

namespace weft {

struct SentRange {
  enum class State : uint8_t { outstanding, sacked, lost };

  Sequence begin;
  Sequence end;
  Instant sent{};  // last
  State state = State::outstanding;
  bool retransmitted = false;

  uint32_t size() const { return end - begin; }
  bool is(State s) const { return state == s; }
};

class Scoreboard {
 public:
  using State = SentRange::State;

  bool empty() const { return count_ == 0; }
  uint32_t count() const { return count_; }
  const SentRange& operator[](uint32_t i) const { return at(i); }
  const SentRange& front() const { return at(0); }
  const SentRange& back() const { return at(count_ - 1); }

  // Bytes of sequence space, by state.
  uint32_t outstanding() const { return outstanding_; }
  uint32_t sacked() const { return sacked_; }
  uint32_t lost() const { return lost_; }

  // New data was sent. Requires: it begins where the last range ends.
  void push(SequenceRange range, Instant now);
  // Range i was sent again.
  void retransmit(uint32_t i, Instant now);
  // Requires: range i is outstanding.
  void set_lost(uint32_t i) { set_state(i, State::lost); }
  void set_outstanding(uint32_t i) { set_state(i, State::outstanding); }

  // Everything before `to` was acknowledged: calls visit(const SentRange&) for what goes, a part of
  // a range as a range of its own.
  template <class Visit>
  void acknowledge(Sequence to, Visit visit) {
    while (count_ > 0 && at(0).begin < to) {
      if (at(0).end > to) split(0, to);
      visit(const_cast<const SentRange&>(at(0)));
      pop_front();
    }
  }
  // The block was acknowledged selectively: calls visit(const SentRange&) for what was not before.
  template <class Visit>
  void acknowledge_selectively(SequenceRange block, Visit visit) {
    if (count_ == 0 || block.begin < front().begin || block.end > back().end) return;
    for (uint32_t i = find(block.begin); i < count_ && at(i).begin < block.end; ++i) {
      if (at(i).is(State::sacked)) continue;
      if (at(i).begin < block.begin) {
        split(i, block.begin);
        continue;
      }
      if (at(i).end > block.end) split(i, block.end);
      visit(const_cast<const SentRange&>(at(i)));
      set_state(i, State::sacked);
      i = join_sacked(i);
    }
  }
  // What was acknowledged selectively may be gone after all (RFC 2018, 8): it is lost.
  void forget_selective();

  // Makes two of range i. Requires: `number` lies inside it.
  void split(uint32_t i, Sequence number);
  // The index of the range that holds the number. Requires: there is one.
  uint32_t find(Sequence number) const;
  // The first range that is lost, or count().
  uint32_t first_lost() const;

 private:
  SentRange& at(uint32_t i) const { return ring_[(first_ + i) & (room_ - 1)]; }
  uint32_t& bytes_of(State state);
  void set_state(uint32_t i, State state);
  uint32_t join_sacked(uint32_t i);
  void erase(uint32_t i);
  void pop_front();
  void grow();

  std::unique_ptr<SentRange[]> ring_;
  uint32_t room_ = 0;  // a power of two, or 0
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint32_t outstanding_ = 0;
  uint32_t sacked_ = 0;
  uint32_t lost_ = 0;
};

}  // namespace weft
