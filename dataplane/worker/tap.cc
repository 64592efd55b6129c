#include "dataplane/worker/tap.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"

namespace weft {

Tap::Tap() = default;

// The wishes stay alive while they are held: mgmt looks here before it lets go of them. False:
// nobody wants anything any more.
bool Tap::hold() {
  const CaptureWishes* wishes = wishes_.load();
  do {
    current_ = wishes;
    held_.store(current_);
    wishes = wishes_.load();
  } while (wishes != current_);
  if (current_ == nullptr) return false;
  snap_bytes_ = 0;
  for (const auto& wish : *current_) {
    if (wish) snap_bytes_ = std::max(snap_bytes_, wish->snap_bytes);
  }
  return true;
}

void Tap::let_go() {
  current_ = nullptr;
  held_.store(nullptr);
}

uint8_t Tap::matching(Packet packet) const {
  uint8_t matched = 0;
  for (uint32_t c = 0; c < captures_max; ++c) {
    const std::optional<CaptureWish>& wish = (*current_)[c];
    if (wish && wish->filter.matches(packet)) matched |= static_cast<uint8_t>(1u << c);
  }
  return matched;
}

uint8_t Tap::without_drops_only(uint8_t wanted) const {
  for (uint32_t c = 0; c < captures_max; ++c) {
    const std::optional<CaptureWish>& wish = (*current_)[c];
    if (wish && wish->drops_only) wanted &= static_cast<uint8_t>(~(1u << c));
  }
  return wanted;
}

std::span<const std::byte> Tap::copy(Packet packet, uint32_t slot) {
  const uint32_t bytes = std::min({packet.bytes(), snap_bytes_, captured_bytes_max});
  std::byte* to = copies_[slot].data();
  const void* from = rte_pktmbuf_read(packet.buffer(), 0, bytes, to);
  if (from != to) std::memcpy(to, from, bytes);
  return {to, bytes};
}

void Tap::push(TapRecord record, std::span<const std::byte> bytes) {
  record.time = now_;
  const bool dropped = record.drop != Drop::none && record.note != TapNote::answer;
  if (!dropped) record.wanted = without_drops_only(record.wanted);
  if (record.wanted == 0 || records_.push(std::as_bytes(std::span(&record, 1)), bytes)) return;
  for (uint32_t c = 0; c < captures_max; ++c) {
    if ((record.wanted >> c & 1) != 0) lost_[c][record.interface].add(1);
  }
}

void Tap::look(const Burst& burst, Instant now) {
  if (!hold()) return;
  now_ = now;
  timed_ = current_;
  for (uint32_t i = 0; i < burst.size; ++i) {
    const Packet packet = burst.packets[i];
    wanted_[i] = matching(packet);
    if (wanted_[i] == 0) continue;
    frame_bytes_[i] = packet.bytes();
    copied_bytes_[i] = static_cast<uint32_t>(copy(packet, i).size());
  }
}

void Tap::push_received(const Burst& burst, uint32_t i, TapRecord record) {
  const Verdict verdict = burst.outcomes[i].verdict;
  if (verdict == Verdict::hold) record.note = TapNote::held;
  if (verdict == Verdict::twin) record.note = TapNote::to_twin;
  record.frame_bytes = frame_bytes_[i];
  record.drop = burst.dropped_for(i);
  push(record, {copies_[i].data(), copied_bytes_[i]});
}

void Tap::push_leaving(const Burst& burst, uint32_t i, TapRecord record) {
  const Packet packet = burst.packets[i];
  record.wanted |= matching(packet);
  if (record.wanted == 0) return;
  record.frame_bytes = packet.bytes();
  push(record, copy(packet, i));
}

void Tap::tell(const Burst& burst, std::span<const ListenerSlot> listeners) {
  if (current_ == nullptr) return;
  DCHECK(burst.live == 0 && listeners.size() >= burst.size);
  for (uint32_t i = 0; i < burst.size; ++i) {
    const Outcome& outcome = burst.outcomes[i];
    if (outcome.verdict == Verdict::hand_off) continue;  // told by the worker that owns it
    TapRecord record{.listener = listeners[i], .interface = burst.interface, .wanted = wanted_[i]};
    push_received(burst, i, record);
    if (outcome.verdict != Verdict::transmit) continue;
    record.interface = outcome.target;
    record.point = TapPoint::sent;
    if ((burst.answered >> i & 1) == 1) {
      record.note = TapNote::answer;
      record.drop = burst.dropped_for(i);
    }
    push_leaving(burst, i, record);
  }
  let_go();
}

void Tap::tell_leaving(const Burst& burst, TapNote note, std::span<const TapPlace> places,
                       Instant now) {
  if (!hold()) return;
  DCHECK(burst.live == 0 && places.size() >= burst.size);
  now_ = now;
  timed_ = current_;
  for (uint32_t i = 0; i < burst.size; ++i) {
    const Verdict verdict = burst.outcomes[i].verdict;
    if (verdict != Verdict::transmit && verdict != Verdict::drop) continue;
    push_leaving(burst, i,
                 {.listener = places[i].listener,
                  .interface = places[i].interface,
                  .point = places[i].point,
                  .note = note,
                  .drop = burst.dropped_for(i)});
  }
  let_go();
}

void Tap::tell_late_drop(Packet packet, Drop drop, TapPoint point, uint16_t interface) {
  if (!hold()) return;
  // Wishes so new that no burst was looked at have no time yet.
  if (timed_ == current_) {
    push({.frame_bytes = packet.bytes(),
          .interface = interface,
          .wanted = matching(packet),
          .point = point,
          .drop = drop},
         copy(packet, 0));
  }
  let_go();
}

}  // namespace weft
