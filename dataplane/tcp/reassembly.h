// Bytes that came out of order, until those before them are there. Thread safety: one worker.
//
// What arrived first stays: bytes that come again, perhaps different ones, are not taken. Bounded:
// runs_max stretches, and the caller's limit in pinned bytes. Without bytes it owns no memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/bytes/chain.h"
#include "dataplane/tcp/sequence.h"

namespace weft {

class Reassembly {
 public:
  static constexpr uint32_t runs_max = 64;

  bool empty() const { return runs_.empty(); }
  uint64_t pinned_bytes() const;

  // False: there is no room for another stretch, and the rest of the bytes was not taken.
  bool insert(Sequence begin, Slice bytes);

  // What of the bytes is there already: the first stretch of it, or nothing.
  SequenceRange known_part(SequenceRange bytes) const;

  // Moves the bytes from `next` on to the end of `to`, and gives how many they were: none, if the
  // byte at `next` is not there. Drops what lies before.
  uint32_t take_from(Sequence next, Chain& to);

  // The stretches that are there, the ones that grew last first (RFC 2018, 4), as many as `to` has
  // room for. Gives how many.
  uint32_t blocks(std::span<SequenceRange> to) const;

  void clear() { std::vector<Run>().swap(runs_); }

 private:
  struct Run {
    Sequence begin;
    Chain bytes;
    uint32_t grew = 0;  // the insertion that grew it last

    Sequence end() const { return begin + static_cast<uint32_t>(bytes.size()); }
  };

  std::size_t first_that_ends_at_or_behind(Sequence number) const;
  void absorb_next(std::size_t i);

  std::vector<Run> runs_;  // in order, with gaps between them
  uint32_t insertions_ = 0;
};

}  // namespace weft
