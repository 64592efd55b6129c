// What one worker shows of its packets to those who capture them: copies with what became of each,
// in a ring to mgmt. While nobody captures a burst costs one load. Nothing here allocates, locks or
// waits: what finds no room is lost to the capture and counted.
//
//   received   a packet as it came in, with its listener and the drop it ended as; by the worker
//              that owns its flow, once
//   sent       a packet as it goes out; also one whose form on arrival matched
// What a device, a twin or a ring did not take afterwards is told as a drop once more.
//
// Thread safety: mgmt's side by mgmt's thread, the rest by the worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"
#include "dataplane/base/ids.h"
#include "dataplane/wire/burst.h"
#include "dataplane/worker/packet_filter.h"
#include "dataplane/worker/record_ring.h"

namespace weft {

inline constexpr uint32_t captures_max = 4;           // at once
inline constexpr uint32_t captured_bytes_max = 9728;  // of a frame; none here is longer

struct CaptureWish {
  PacketFilter filter;
  bool drops_only = false;
  uint32_t snap_bytes = captured_bytes_max;  // of a frame at most
};
using CaptureWishes = std::array<std::optional<CaptureWish>, captures_max>;

enum class TapPoint : uint8_t { received, sent };

// What there is to say of a packet beside its drop.
enum class TapNote : uint8_t {
  none,
  held,       // until the address of its next hop is known
  to_twin,    // to the kernel
  from_twin,  // the kernel sent it
  answer,     // the reply to a packet that was refused for `drop`
};

// The front of a record; the frame's bytes follow.
struct TapRecord {
  Instant time;
  uint32_t frame_bytes = 0;  // of the whole frame
  ListenerSlot listener = none<ListenerSlot>;
  uint16_t interface = 0;
  uint8_t wanted = 0;  // bit c: by capture c
  TapPoint point = TapPoint::received;
  TapNote note = TapNote::none;
  Drop drop = Drop::none;
};
static_assert(captures_max <= 8, "a bit each in `wanted`");

// Of a packet that only leaves: where it leaves or would have left, or where one that ends came in.
struct TapPlace {
  ListenerSlot listener = none<ListenerSlot>;
  uint16_t interface = 0;
  TapPoint point = TapPoint::sent;
};

class Tap {
 public:
  // Throws std::bad_alloc.
  Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // ---- mgmt's side
  // From its next burst on the worker fulfils these; null: nobody wants anything. They must live
  // until holds() is false.
  void want(const CaptureWishes* wishes) { wishes_.store(wishes); }
  bool holds(const CaptureWishes* wishes) const {
    return wishes_.load() == wishes || held_.load() == wishes;
  }
  // TapRecords, each with its bytes behind it.
  RecordRing& records() { return records_; }
  // Records that found no room, since the start.
  uint64_t lost(uint32_t capture, uint16_t interface) const {
    return lost_[capture][interface].read();
  }

  // ---- the worker's side
  bool on() const { return wishes_.load(std::memory_order_relaxed) != nullptr; }
  // Before the stages: keeps what matches as it came in. Requires: on().
  void look(const Burst& burst, Instant now);
  // After them, for the burst of the last look(): what became of each packet. `listeners`: of each.
  // Requires: no packet is live.
  void tell(const Burst& burst, std::span<const ListenerSlot> listeners);
  // Packets that only leave, or end: from the kernel, or held until now. Requires: on(), no packet
  // is live.
  void tell_leaving(const Burst& burst, TapNote note, std::span<const TapPlace> places,
                    Instant now);
  // A packet that ended after its burst was told. Requires: on().
  void tell_late_drop(Packet packet, Drop drop, TapPoint point, uint16_t interface);

 private:
  bool hold();
  void let_go();
  uint8_t matching(Packet packet) const;
  uint8_t without_drops_only(uint8_t wanted) const;
  std::span<const std::byte> copy(Packet packet, uint32_t slot);
  void push(TapRecord record, std::span<const std::byte> bytes);
  void push_received(const Burst& burst, uint32_t i, TapRecord record);
  void push_leaving(const Burst& burst, uint32_t i, TapRecord record);

  static constexpr uint32_t ring_bytes = 4u << 20;

  std::atomic<const CaptureWishes*> wishes_{nullptr};  // mgmt writes, the worker reads
  std::atomic<const CaptureWishes*> held_{nullptr};    // the worker writes, mgmt reads
  RecordRing records_{ring_bytes};
  std::array<std::array<Counter, interfaces_max>, captures_max> lost_;

  // Of the burst under look.
  const CaptureWishes* current_ = nullptr;  // held
  const CaptureWishes* timed_ = nullptr;    // those at whose burst `now_` was read
  uint32_t snap_bytes_ = 0;                 // the most that a wish in `current_` takes
  Instant now_{};
  std::array<uint8_t, Burst::packets_max> wanted_{};
  std::array<uint32_t, Burst::packets_max> frame_bytes_{};
  std::array<uint32_t, Burst::packets_max> copied_bytes_{};
  HugeArray<std::array<std::byte, captured_bytes_max>> copies_{Burst::packets_max};
};

}  // namespace weft
