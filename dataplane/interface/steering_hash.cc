#include "dataplane/interface/steering_hash.h"

#include <algorithm>
#include <vector>

#include "dataplane/base/check.h"

namespace weft {
namespace {

constexpr uint32_t hash_bits = 32;

// Where addresses and ports begin in what is hashed.
constexpr uint32_t v4_ports_at = 64;
constexpr uint32_t v6_ports_at = 256;
constexpr uint32_t v4_destination_shift = 32;
constexpr uint32_t v6_destination_shift = 128;

constexpr uint32_t chosen_bits_for(uint32_t workers) {
  // Each worker needs ports beside those that listeners have.
  return workers <= 32 ? 6 : 7;
}

uint32_t rank(std::vector<uint32_t> columns) {
  uint32_t rank = 0;
  for (uint32_t bit = 0; bit < hash_bits; ++bit) {
    const auto pivot = std::ranges::find_if(columns.begin() + rank, columns.end(),
                                            [&](uint32_t c) { return (c >> bit & 1) != 0; });
    if (pivot == columns.end()) continue;
    std::swap(*pivot, columns[rank]);
    for (uint32_t i = rank + 1; i < columns.size(); ++i) {
      if ((columns[i] >> bit & 1) != 0) columns[i] ^= columns[rank];
    }
    ++rank;
  }
  return rank;
}

}  // namespace

SteeringHash::SteeringHash(const KeyedHash::Key& secret, const SteeringShape& shape)
    : bits_(shape.bits), chosen_bits_(chosen_bits_for(shape.workers)) {
  CHECK(bits_ >= SteeringShape::bits_min && bits_ <= SteeringShape::bits_max);
  const KeyedHash random(secret);
  constexpr uint64_t attempts_max = 1000;  // one key in three to eight will do
  for (uint64_t attempt = 0; attempt < attempts_max; ++attempt) {
    draw(random, attempt);
    cut();
    if (spreads()) return;
  }
  CHECK(false);
}

// Three runs of random bits, each from one to one: the first bit of what meets it reaches the last
// bit of the hash, and its last bit the first that counts.
void SteeringHash::draw(const KeyedHash& random, uint64_t attempt) {
  key_.reset();
  uint64_t drawn = 0;
  const auto run = [&](uint32_t first, uint32_t last) {
    for (uint32_t i = first; i <= last; ++i) {
      const auto at = _mm_set_epi64x(static_cast<int64_t>(attempt), static_cast<int64_t>(drawn++));
      key_[i] = i == first || i == last || (random(at).low & 1) != 0;
    }
  };
  // Behind it nothing up to bit 94: IPv4 destinations meet zeros.
  run(31, 63 - bits_);
  // Source ports, and as far as they reach beyond those the chosen bits of destination ports.
  const uint32_t ports_first = v4_ports_at + hash_bits - 1;
  const uint32_t ports_last = v4_ports_at + 47 - bits_ + chosen_bits_;
  run(ports_first, ports_last);
  // IPv6 only: the end of the source address; destinations meet zeros.
  run(127, 159 - bits_);
  constexpr uint32_t families_apart = v6_ports_at - v4_ports_at;
  for (uint32_t i = ports_first; i <= ports_last; ++i) key_[i + families_apart] = key_[i];
}

SteeringHash::Slice SteeringHash::slice(uint32_t input_bit) const {
  const uint32_t first = input_bit + hash_bits - bits_;
  Slice slice = 0;
  for (uint32_t i = 0; i < word_bits + bits_ - 1; ++i) slice |= Slice{key_[first + i]} << i;
  return slice;
}

void SteeringHash::cut() {
  v4_ = slice(0);
  for (uint32_t n = 0; n < v6_.size(); ++n) v6_[n] = slice(n * word_bits);
  port_ = slice(v4_ports_at);
  chosen_ = slice(v4_ports_at + port_bits);
}

// Ports in sequence and neighbouring addresses are all bits of a few places: no two of them may
// come to the same.
bool SteeringHash::spreads() const {
  const auto address = [&](uint32_t bit) { return of(IpAddress::v4(be32(1u << bit)), be16(0)); };
  const auto port = [&](uint32_t bit) {
    return of(IpAddress::v4(be32(0)), be16(static_cast<uint16_t>(1u << bit)));
  };
  const auto full = [&](const auto& column, uint32_t first, uint32_t count) {
    std::vector<uint32_t> columns;
    for (uint32_t bit = first; bit < first + count; ++bit) columns.push_back(column(bit));
    return rank(columns) == std::min(count, bits_);
  };
  bool all = full(port, 0, bits_);
  for (uint32_t byte = 0; byte < 4; ++byte) all = all && full(address, 8 * byte, 8);
  return all;
}

[[gnu::target("pclmul")]] uint32_t SteeringHash::of_chosen(be16 port) const {
  return last_bits(times(uint32_t{port.host()} << port_bits, chosen_), bits_);
}

uint32_t SteeringHash::rss_entry(uint32_t hash) const {
  uint32_t entry = 0;
  for (uint32_t bit = 0; bit < bits_; ++bit) entry |= (hash >> bit & 1) << (bits_ - 1 - bit);
  return entry;
}

RssKey SteeringHash::rss_key(RssSide side) const {
  KeyBits bits = key_;
  if (side == RssSide::destination) {
    bits.reset();
    // What a source meets, where a destination meets it. An IPv6 source meets what is there for
    // IPv4 ones: bits 32 to 63 and 80 to 101 of its address, which are often zero.
    const auto shift = [&](uint32_t first, uint32_t count, uint32_t by) {
      for (uint32_t i = first; i < first + count; ++i) bits[i + by] = key_[i];
    };
    const uint32_t first = hash_bits - bits_;
    shift(first + v6_ports_at, port_bits + bits_ - 1, port_bits);
    shift(first, 4 * word_bits + bits_ - 1, v6_destination_shift);
    shift(first + v4_ports_at, port_bits + bits_ - 1, port_bits);
    shift(first, word_bits + bits_ - 1, v4_destination_shift);
  }
  RssKey key{};
  for (uint32_t i = 0; i < bits.size(); ++i) {
    key[i / 8] |= static_cast<uint8_t>(uint32_t{bits[i]} << (7 - i % 8));
  }
  return key;
}

}  // namespace weft
