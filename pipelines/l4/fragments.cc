#include "pipelines/l4/fragments.h"

#include <algorithm>

#include "dataplane/base/planted_bug.h"
#include "dataplane/interface/steering.h"

namespace weft {

Fragments::Fragments(const KeyedHash& hash)
    : hash_(hash), datagrams_(FragmentLimits::datagrams_max) {}

Fragments::~Fragments() {
  for (const Piece& piece : pieces_) {
    if (piece.packet.buffer() != nullptr) rte_pktmbuf_free(piece.packet.buffer());
  }
}

// Of a set: a free place, else a complete datagram's, else the oldest's.
Fragments::Datagram& Fragments::place_in(uint32_t set, Instant now) {
  const auto first = datagrams_.begin() + set * ways;
  const auto rank = [now](const Datagram& datagram) {
    const bool free = datagram.until <= now;
    return std::pair(free ? 0 : datagram.complete() ? 1 : 2, datagram.until);
  };
  Datagram& place = *std::min_element(
      first, first + ways, [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const bool late = place.until <= now;
  let_go(place, late ? Drop::fragment_timeout : Drop::fragment_table_full);
  return place;
}

Fragments::Datagram& Fragments::find_or_begin(const Headers& headers, Instant now) {
  const Protocol protocol = headers.v4 ? headers.protocol : Protocol::none;
  const auto set = static_cast<uint32_t>(steering::datagram_hash(headers, hash_).high) & (sets - 1);
  for (uint32_t i = set * ways; i < (set + 1) * ways; ++i) {
    Datagram& datagram = datagrams_[i];
    if (datagram.id == headers.datagram_id && datagram.source == headers.source &&
        datagram.destination == headers.destination && datagram.protocol == protocol &&
        datagram.until > now) {
      return datagram;
    }
  }
  Datagram& datagram = place_in(set, now);
  datagram = {.source = headers.source,
              .destination = headers.destination,
              .id = headers.datagram_id,
              .protocol = protocol,
              .until = now + FragmentLimits::wait_max};
  return datagram;
}

void Fragments::see(Datagram& datagram, const PieceExtent& extent) {
  datagram.seen_bytes += extent.end_bytes - extent.offset_bytes;
  if (!extent.more) datagram.total_bytes = extent.end_bytes;
}

Drop Fragments::refuse(Datagram& datagram) {
  datagram.refused = true;
  let_go(datagram, Drop::fragment_overlap);
  return Drop::fragment_overlap;
}

Drop Fragments::name_ports(const Headers& headers, const PieceExtent& extent, Instant now) {
  const DatagramPorts ports{headers.source_port, headers.destination_port, headers.protocol};
  Datagram& datagram = find_or_begin(headers, now);
  if (datagram.named && datagram.complete()) {  // the identification is used again
    datagram.named = datagram.refused = false;
    datagram.seen_bytes = datagram.total_bytes = 0;
    datagram.later_begin_bytes = UINT32_MAX;
    datagram.until = now + FragmentLimits::wait_max;
  }
  if (datagram.refused) return Drop::fragment_overlap;
  // A copy is no attack.
  const bool other =
      datagram.named && (datagram.ports != ports || datagram.first_end_bytes != extent.end_bytes);
  if (other || extent.end_bytes > datagram.later_begin_bytes) return refuse(datagram);
  datagram.named = true;
  datagram.ports = ports;
  datagram.first_end_bytes = extent.end_bytes;
  see(datagram, extent);
  let_go(datagram, planted(PlantedBug::lost_fragment) ? Drop::fragment_timeout : Drop::none);
  return Drop::none;
}

Fragments::Found Fragments::find_ports(const Headers& headers, const PieceExtent& extent,
                                       Instant now) {
  Datagram& datagram = find_or_begin(headers, now);
  if (datagram.refused) return {Drop::fragment_overlap, {}};
  if (datagram.named && extent.offset_bytes < datagram.first_end_bytes) {
    return {refuse(datagram), {}};
  }
  see(datagram, extent);
  if (datagram.named) return {Drop::none, datagram.ports};
  datagram.later_begin_bytes = std::min(datagram.later_begin_bytes, extent.offset_bytes);
  return {};
}

bool Fragments::hold(Packet packet, const Headers& headers, uint16_t interface, Instant now) {
  if (held_ == FragmentLimits::pieces_max ||
      held_bytes_ + packet.bytes() > FragmentLimits::bytes_max) {
    return false;
  }
  Datagram& datagram = find_or_begin(headers, now);
  Piece& place = *std::ranges::find_if(
      pieces_, [](const Piece& piece) { return piece.packet.buffer() == nullptr; });
  place = {.packet = packet, .interface = interface, .datagram = index_of(datagram)};
  ++datagram.waiting;
  next_expiry_ = held_ == ready_ ? datagram.until : std::min(next_expiry_, datagram.until);
  ++held_;
  held_bytes_ += packet.bytes();
  return true;
}

void Fragments::let_go(Datagram& datagram, Drop drop) {
  if (datagram.waiting == 0) return;
  const uint16_t index = index_of(datagram);
  for (Piece& piece : pieces_) {
    if (piece.packet.buffer() == nullptr || piece.datagram != index) continue;
    piece.datagram = no_datagram;
    piece.drop = drop;
    piece.ports = datagram.ports;
  }
  ready_ += datagram.waiting;
  datagram.waiting = 0;
}

void Fragments::expire(Instant now) {
  if (held_ == ready_ || now < next_expiry_) return;
  next_expiry_ = Instant::max();
  for (const Piece& piece : pieces_) {
    if (piece.packet.buffer() == nullptr || piece.datagram == no_datagram) continue;
    Datagram& datagram = datagrams_[piece.datagram];
    if (datagram.until <= now) {
      let_go(datagram, Drop::fragment_timeout);
    } else {
      next_expiry_ = std::min(next_expiry_, datagram.until);
    }
  }
}

uint32_t Fragments::release(Burst& burst, Instant now) {
  expire(now);
  if (ready_ == 0) return 0;
  std::array<Drop, Burst::packets_max> fates;
  uint32_t released = 0;
  const Piece* like = nullptr;
  for (Piece& piece : pieces_) {
    if (released == Burst::packets_max) break;
    if (piece.packet.buffer() == nullptr || piece.datagram != no_datagram) continue;
    if (like == nullptr) like = &piece;
    const bool together = piece.interface == like->interface &&
                          (piece.drop == Drop::none) == (like->drop == Drop::none);
    if (!together) continue;
    burst.packets[released] = piece.packet;
    burst.ports[released] = piece.ports;
    fates[released++] = piece.drop;
    held_bytes_ -= piece.packet.bytes();
    piece.packet = Packet();
  }
  held_ -= released;
  ready_ -= released;
  burst.start(released, like->interface);
  if (fates[0] == Drop::none) {
    burst.followed = burst.live;
    return released;
  }
  for (uint32_t i = 0; i < released; ++i) burst.drop(i, fates[i]);
  return released;
}

}  // namespace weft
