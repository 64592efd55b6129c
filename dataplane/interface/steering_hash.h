// The hash by which a packet's worker is chosen: Toeplitz, which NICs compute over source address,
// destination address, source port and destination port of a packet to choose its queue (RSS),
// under a key of which only some bits are drawn at random. The others are zero, and so placed that
// of the hash's last `bits` bits, which alone choose,
//   - the destination address changes none,
//   - the destination port changes them by its chosen bits alone: its first 6, or 7 beyond 32
//     workers. So a packet to a port below 1024 (512) goes by its source, and whoever opens a flow
//     reaches any worker with a source port of its own (`of_chosen`).
// With RssSide::destination the key has the same bits where destinations meet them.
//
//   IPv4  source address  bits 0 to 31     IPv6  source address  bits 0 to 127 of what is hashed
//         destination     32 to 63               destination     128 to 255
//         ports           64, 80                 ports           256, 272
//
// Bit i of them meets the key's bits i to i + 31, the last bits of the hash the last of these; so
// both families share one key, and each constraint is a run of zeros. So of an IPv6 address bits 32
// to 63 and 86 to 95 do not count; the other ones and the port do.
//
// Packets that only one worker should see are found by anyone who can tell workers apart, as each
// flow is on one. The tables behind have keyed hashes (base/keyed_hash.h).
// Microsoft, "RSS Hashing Functions"; DPDK rte_thash. Thread safety: immutable.
#pragma once

#include <immintrin.h>

#include <array>
#include <bitset>
#include <cstdint>

#include "dataplane/base/keyed_hash.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

// Whose address and port an interface's devices queue packets by: the sender's, or the receiver's.
enum class RssSide : uint8_t { source, destination };

using RssKey = std::array<uint8_t, 40>;

struct SteeringShape {
  static constexpr uint32_t bits_min = 6;
  static constexpr uint32_t bits_max = 10;

  uint32_t bits = bits_max;  // that choose: a device's table of queues has 1 << bits entries
  uint32_t workers = 1;
};

class SteeringHash {
 public:
  // Requires: shape.bits in bits_min to bits_max.
  SteeringHash(const KeyedHash::Key& secret, const SteeringShape& shape);

  // Of one side of a flow, and the chosen bits of the other side's port: less than 1 << bits, and
  // the same as `of(address, port) ^ of_chosen(chosen)`.
  [[gnu::target("pclmul")]] uint32_t of(const IpAddress& address, be16 port,
                                        be16 chosen = {}) const {
    const bool v4 = address.is_v4();
    __m128i sum = _mm_xor_si128(times(uint32_t{port.host()} << port_bits, port_),
                                times(uint32_t{chosen.host()} << port_bits, chosen_));
    sum = _mm_xor_si128(sum, times(word(address, 3), v4 ? v4_ : v6_[3]));
    if (!v4) {
      sum = _mm_xor_si128(sum, times(word(address, 0), v6_[0]));
      sum = _mm_xor_si128(sum, times(word(address, 2), v6_[2]));
    }
    return last_bits(sum, bits_);
  }
  // 0 for every port below 1024, or 512 beyond 32 workers.
  uint32_t of_chosen(be16 port) const;

  // Where a device looks with these bits: the entry of its table.
  uint32_t rss_entry(uint32_t hash) const;
  RssKey rss_key(RssSide side) const;
  uint32_t bits() const { return bits_; }

 private:
  // Bit i of the key, first bit first, as its polynomial has it.
  using KeyBits = std::bitset<sizeof(RssKey) * 8>;
  using Slice = uint64_t;  // what 32 bits of the input meet
  static constexpr uint32_t word_bits = 32;
  static constexpr uint32_t port_bits = 16;

  // The product of polynomials: coefficient 31 + t is the sum of the word's bits i that meet bit
  // i + t of the slice. Every CPU with AES-NI has the instruction.
  [[gnu::target("pclmul")]] static __m128i times(uint32_t word, Slice slice) {
    return _mm_clmulepi64_si128(_mm_cvtsi32_si128(static_cast<int>(word)),
                                _mm_cvtsi64_si128(static_cast<int64_t>(slice)), 0);
  }
  static uint32_t last_bits(__m128i product, uint32_t bits) {
    const auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(product));
    return static_cast<uint32_t>(low >> (word_bits - 1)) & ((1u << bits) - 1);
  }
  static uint32_t word(const IpAddress& address, uint32_t n) {
    return load<be32>(&address.bytes()[4 * n]).host();
  }

  void draw(const KeyedHash& random, uint64_t attempt);
  void cut();
  bool spreads() const;
  Slice slice(uint32_t input_bit) const;

  const uint32_t bits_;
  const uint32_t chosen_bits_;
  KeyBits key_;
  Slice v4_ = 0;
  std::array<Slice, 4> v6_{};  // by 32 bits of the address
  Slice port_ = 0;
  Slice chosen_ = 0;
};

}  // namespace weft
