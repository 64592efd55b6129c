#include "pipelines/l4/streams.h"

#include <immintrin.h>

#include <bit>

#include "dataplane/base/check.h"

namespace weft {

Streams::Streams(uint32_t streams_max, const KeyedHash& hash)
    : hash_(hash),
      streams_max_(streams_max),
      mask_(std::bit_ceil(streams_max) - 1),
      heads_(std::size_t{mask_} + 1),
      entries_(std::size_t{streams_max} + 1) {
  CHECK(streams_max > 0);
}

Hash128 Streams::key_of(const StreamSides& sides) const {
  const auto block = [](const IpAddress& address) { return load<__m128i>(address.bytes().data()); };
  const uint32_t ports = sides.client_port.raw | uint32_t{sides.listener_port.raw} << 16;
  return hash_(block(sides.client), block(sides.listener),
               _mm_set_epi32(0, 0, 0, static_cast<int>(ports)));
}

static bool same(const Hash128& a, const Hash128& b) {
  return a.low == b.low && a.high == b.high;
}

uint32_t Streams::entry_of(const Hash128& key) const {
  uint32_t at = heads_[key.high & mask_];
  while (at != 0 && !same(entries_[at].key, key)) at = entries_[at].next;
  return at;
}

uint32_t& Streams::link_to(const Hash128& key) {
  uint32_t* link = &heads_[key.high & mask_];
  while (*link != 0 && !same(entries_[*link].key, key)) link = &entries_[*link].next;
  return *link;
}

Stream* Streams::find(const StreamSides& sides) {
  const uint32_t at = entry_of(key_of(sides));
  return at == 0 ? nullptr : &entries_[at].stream;
}

const Stream* Streams::find(const StreamSides& sides) const {
  const uint32_t at = entry_of(key_of(sides));
  return at == 0 ? nullptr : &entries_[at].stream;
}

Stream* Streams::begin(const StreamSides& sides) {
  const Hash128 key = key_of(sides);
  uint32_t& link = link_to(key);
  if (link == 0) {
    if (free_ == 0 && touched_ == streams_max_) return nullptr;
    const uint32_t at = free_ != 0 ? free_ : ++touched_;
    if (free_ != 0) free_ = entries_[at].next;
    entries_[at] = {.key = key, .next = 0, .stream = {}};
    link = at;
    ++size_;
  }
  Stream& stream = entries_[link].stream;
  settle(stream, StreamPhase::open);
  stream = {};
  return &stream;
}

void Streams::settle(Stream& stream, StreamPhase phase) {
  unsettled_ += uint32_t{is_unsettled(phase)} - uint32_t{is_unsettled(stream.phase)};
  stream.phase = phase;
}

void Streams::end(const StreamSides& sides) {
  uint32_t& link = link_to(key_of(sides));
  if (link == 0) return;
  const uint32_t at = link;
  settle(entries_[at].stream, StreamPhase::open);
  link = entries_[at].next;
  entries_[at].next = free_;
  free_ = at;
  --size_;
}

}  // namespace weft
