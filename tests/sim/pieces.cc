#include "tests/sim/pieces.h"

#include <algorithm>

#include "pipelines/l4/fragments.h"
#include "tests/sim/reassembly.h"

namespace weft::sim {

// From one worker to another, which may stall.
static constexpr Duration way_max = milliseconds(150);

// Without reading all of a frame.
static bool may_be_piece(std::span<const std::byte> frame) {
  constexpr std::size_t type = 12, v4_offset = 20, v6_next = 20, headers_min = 34;
  if (frame.size() < headers_min) return false;
  const bool v6 = frame[type] == std::byte{0x86};
  if (v6) return frame[v6_next] == std::byte{44};
  return (frame[v4_offset] & std::byte{0x3f}) != std::byte{0} ||
         frame[v4_offset + 1] != std::byte{0};
}

void Pieces::on_receive(std::span<const std::byte> frame, Instant now) {
  if (!may_be_piece(frame)) return;
  const test::Decoded piece = test::decode(frame);
  if (piece.version == 0 || !Reassembly::is_piece(piece)) return;
  Datagram& datagram = datagrams_[piece.identification];
  (piece.fragment_offset_bytes == 0 ? datagram.first : datagram.later).push_back(now);
}

void Pieces::on_damage(const test::Decoded& before, const test::Decoded& after) {
  for (const test::Decoded* frame : {&before, &after}) {
    if (Reassembly::is_piece(*frame)) datagrams_[frame->identification].damaged = true;
  }
}

uint64_t Pieces::orphans_max() const {
  uint64_t orphans = 0;
  for (const auto& [identification, datagram] : datagrams_) {
    const auto has_first = [&](Instant later) {
      return std::ranges::any_of(datagram.first, [&](Instant first) {
        const Duration apart = first > later ? first - later : later - first;
        return apart + way_max < FragmentLimits::wait_max;
      });
    };
    for (const Instant later : datagram.later) orphans += datagram.damaged || !has_first(later);
  }
  return orphans;
}

}  // namespace weft::sim
