// The datagrams in pieces that one worker follows: the ports that a first piece named, and the
// pieces that came before it. Nothing is reassembled: each piece goes on as soon as its ports are
// known. Bounded in number, bytes and time, whoever fills it:
//   - a new datagram takes the place of the oldest of its set, complete ones first: who sends first
//     pieces alone drives out its own before those that complete in a moment;
//   - a piece that finds no place to wait is not held.
// Owns the pieces it holds. Thread safety: one worker.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/wire/burst.h"

namespace weft {

struct FragmentLimits {
  static constexpr uint32_t datagrams_max = 2048;
  static constexpr uint32_t pieces_max = 256;        // that wait
  static constexpr uint32_t bytes_max = 512u << 10;  // of these
  static constexpr Duration wait_max = seconds(1);   // from a datagram's first sign of life
};

// Where a piece lies in its datagram.
struct PieceExtent {
  uint32_t offset_bytes = 0;
  uint32_t end_bytes = 0;
  bool more = false;  // it is not the last
};

class Fragments {
 public:
  // `hash`: of the datagrams; keyed. Throws std::bad_alloc.
  explicit Fragments(const KeyedHash& hash);
  ~Fragments();
  Fragments(const Fragments&) = delete;
  Fragments& operator=(const Fragments&) = delete;

  // A first piece came: its ports are the datagram's from now on, and what waited for them may go.
  // fragment_overlap: another first piece named others, or a later one lies over this one; then
  // none of the datagram goes on any more (RFC 5722). Requires: headers.payload is first_fragment.
  Drop name_ports(const Headers& headers, const PieceExtent& extent, Instant now);

  // The ports of a later piece's datagram; empty: not known yet. Or fragment_overlap, as above.
  struct Found {
    Drop drop = Drop::none;
    std::optional<DatagramPorts> ports;
  };
  Found find_ports(const Headers& headers, const PieceExtent& extent, Instant now);
  // Holds a piece whose ports are not known. False: there is no place, the packet stays the
  // caller's. Requires: find_ports has just said so.
  bool hold(Packet packet, const Headers& headers, uint16_t interface, Instant now);

  // Moves pieces into the burst, which holds nothing else, and gives their number: either live
  // ones whose ports are known, unparsed and `followed`, of one interface; or drops, of datagrams
  // whose first piece did not come in time (fragment_timeout), was driven out
  // (fragment_table_full) or is refused.
  uint32_t release(Burst& burst, Instant now);

  uint32_t held() const { return held_; }

 private:
  static constexpr uint32_t ways = 8;
  static constexpr uint32_t sets = FragmentLimits::datagrams_max / ways;
  static constexpr uint16_t no_datagram = UINT16_MAX;
  static_assert((sets & (sets - 1)) == 0, "set = hash & (sets - 1)");
  static_assert(FragmentLimits::datagrams_max < no_datagram);

  struct Datagram {
    IpAddress source;
    IpAddress destination;
    uint32_t id = 0;
    Protocol protocol = Protocol::none;  // of IPv4
    bool named = false;
    bool refused = false;
    DatagramPorts ports;
    uint32_t first_end_bytes = 0;
    uint32_t later_begin_bytes = UINT32_MAX;  // of the pieces that came before the first
    uint32_t seen_bytes = 0;
    uint32_t total_bytes = 0;  // 0: the last piece has not come
    uint16_t waiting = 0;      // pieces
    Instant until{};           // past: free

    bool complete() const { return total_bytes != 0 && seen_bytes >= total_bytes; }
  };
  // A place to wait; free while it has no packet.
  struct Piece {
    Packet packet;
    uint16_t interface = 0;
    uint16_t datagram = no_datagram;  // for whose ports it waits; none: it may go
    Drop drop = Drop::none;           // it may go, but no further than this
    DatagramPorts ports;
  };

  Datagram& find_or_begin(const Headers& headers, Instant now);
  Datagram& place_in(uint32_t set, Instant now);
  void see(Datagram& datagram, const PieceExtent& extent);
  Drop refuse(Datagram& datagram);
  uint16_t index_of(const Datagram& datagram) const {
    return static_cast<uint16_t>(&datagram - datagrams_.data());
  }
  // The datagram's pieces wait no longer.
  void let_go(Datagram& datagram, Drop drop);
  void expire(Instant now);

  KeyedHash hash_;
  std::vector<Datagram> datagrams_;  // by set
  std::array<Piece, FragmentLimits::pieces_max> pieces_;
  uint32_t held_ = 0;
  uint32_t held_bytes_ = 0;
  uint32_t ready_ = 0;     // of the held: may go
  Instant next_expiry_{};  // when to look for pieces that waited too long
};

}  // namespace weft
