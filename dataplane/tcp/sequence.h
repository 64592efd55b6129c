// Sequence numbers of TCP: they wrap, and are compared within half of their space (RFC 9293, 3.4).
#pragma once

#include <cstdint>

namespace weft {

class Sequence {
 public:
  constexpr Sequence() = default;
  constexpr explicit Sequence(uint32_t value) : value_(value) {}

  constexpr uint32_t value() const { return value_; }

  friend constexpr Sequence operator+(Sequence a, uint32_t n) { return Sequence(a.value_ + n); }
  friend constexpr Sequence operator-(Sequence a, uint32_t n) { return Sequence(a.value_ - n); }
  // How far a is ahead of b. Requires: a >= b.
  friend constexpr uint32_t operator-(Sequence a, Sequence b) { return a.value_ - b.value_; }
  constexpr Sequence& operator+=(uint32_t n) {
    value_ += n;
    return *this;
  }

  friend constexpr bool operator==(Sequence, Sequence) = default;
  friend constexpr bool operator<(Sequence a, Sequence b) {
    return static_cast<int32_t>(a.value_ - b.value_) < 0;
  }
  friend constexpr bool operator>(Sequence a, Sequence b) { return b < a; }
  friend constexpr bool operator<=(Sequence a, Sequence b) { return !(b < a); }
  friend constexpr bool operator>=(Sequence a, Sequence b) { return !(a < b); }

 private:
  uint32_t value_ = 0;
};

constexpr Sequence earlier(Sequence a, Sequence b) {
  return b < a ? b : a;
}
constexpr Sequence later(Sequence a, Sequence b) {
  return a < b ? b : a;
}

struct SequenceRange {
  Sequence begin;
  Sequence end;

  constexpr bool empty() const { return begin == end; }
  constexpr uint32_t size() const { return end - begin; }
  friend constexpr bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

}  // namespace weft
