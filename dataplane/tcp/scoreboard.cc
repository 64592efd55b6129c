#include "dataplane/tcp/scoreboard.h"

#include <utility>

namespace weft {
namespace {

constexpr uint32_t first_room = 4;

}  // namespace

uint32_t& Scoreboard::bytes_of(State state) {
  switch (state) {
    case State::outstanding:
      return outstanding_;
    case State::sacked:
      return sacked_;
    case State::lost:
      break;
  }
  return lost_;
}

void Scoreboard::set_state(uint32_t i, State state) {
  SentRange& range = at(i);
  bytes_of(range.state) -= range.size();
  range.state = state;
  bytes_of(state) += range.size();
}

void Scoreboard::grow() {
  const uint32_t room = room_ == 0 ? first_room : room_ * 2;
  auto ring = std::make_unique<SentRange[]>(room);
  for (uint32_t i = 0; i < count_; ++i) ring[i] = at(i);
  ring_ = std::move(ring);
  room_ = room;
  first_ = 0;
}

// Bytes that were sent at one instant are one range, however many segments they became.
void Scoreboard::push(SequenceRange range, Instant now) {
  DCHECK(count_ == 0 || back().end == range.begin);
  outstanding_ += range.size();
  if (count_ > 0) {
    SentRange& last = at(count_ - 1);
    if (last.is(State::outstanding) && last.sent == now && !last.retransmitted) {
      last.end = range.end;
      return;
    }
  }
  if (count_ == room_) grow();
  at(count_++) = {range.begin, range.end, now};
}

void Scoreboard::retransmit(uint32_t i, Instant now) {
  set_state(i, State::outstanding);
  at(i).sent = now;
  at(i).retransmitted = true;
}

void Scoreboard::forget_selective() {
  for (uint32_t i = 0; i < count_; ++i) {
    if (at(i).is(State::sacked)) set_state(i, State::lost);
  }
}

// Moves the shorter side.
void Scoreboard::split(uint32_t i, Sequence number) {
  DCHECK(at(i).begin < number && number < at(i).end);
  if (count_ == room_) grow();
  if (i < count_ / 2) {
    first_ = (first_ - 1) & (room_ - 1);
    for (uint32_t k = 0; k <= i; ++k) at(k) = at(k + 1);
  } else {
    for (uint32_t k = count_; k > i; --k) at(k) = at(k - 1);
  }
  ++count_;
  at(i).end = number;
  at(i + 1).begin = number;
}

void Scoreboard::erase(uint32_t i) {
  if (i < count_ / 2) {
    for (uint32_t k = i; k > 0; --k) at(k) = at(k - 1);
    first_ = (first_ + 1) & (room_ - 1);
  } else {
    for (uint32_t k = i; k + 1 < count_; ++k) at(k) = at(k + 1);
  }
  --count_;
}

// Gives where range i is then.
uint32_t Scoreboard::join_sacked(uint32_t i) {
  if (i + 1 < count_ && at(i + 1).is(State::sacked)) {
    at(i).end = at(i + 1).end;
    erase(i + 1);
  }
  if (i == 0 || !at(i - 1).is(State::sacked)) return i;
  at(i - 1).end = at(i).end;
  erase(i);
  return i - 1;
}

void Scoreboard::pop_front() {
  bytes_of(at(0).state) -= at(0).size();
  first_ = (first_ + 1) & (room_ - 1);
  if (--count_ > 0) return;
  ring_.reset();
  room_ = first_ = 0;
}

uint32_t Scoreboard::find(Sequence number) const {
  uint32_t low = 0;
  uint32_t high = count_;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (at(middle).begin <= number ? low : high) = middle;
  }
  return low;
}

uint32_t Scoreboard::first_lost() const {
  if (lost_ == 0) return count_;
  uint32_t i = 0;
  while (!at(i).is(State::lost)) ++i;
  return i;
}

}  // namespace weft
