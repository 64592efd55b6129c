// The Internet checksum: whole sums (RFC 1071), sums of pieces, and what an edit changes (RFC
// 1624).
//
// Sums are taken over words as they lie in memory (RFC 1071, section 2.B), so nothing is swapped.
// The sum of bytes that are not all zero is never 0, so the checksum of real data is never 0xffff.
// Thread safety: values.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

namespace ones_complement {

constexpr uint64_t add(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum + (sum < b ? 1 : 0);
}
// Each half of the sum of a number and its rotation by half its width is the sum of both halves,
// the upper one with the carry of the lower.
constexpr uint16_t fold(uint64_t sum) {
  const auto words = static_cast<uint32_t>((sum + std::rotl(sum, 32)) >> 32);
  return static_cast<uint16_t>((words + std::rotl(words, 16)) >> 16);
}

}  // namespace ones_complement

// The sum of pieces of data, in the making.
class InternetSum {
 public:
  // The pieces follow one another; any of them may be of odd length.
  InternetSum& add(std::span<const std::byte> bytes);
  // Requires (of all below): what was added before has even length.
  InternetSum& add(be16 word) { return add_words(word.raw); }
  InternetSum& add(be32 words) { return add_words(words.raw); }
  InternetSum& add(const IpAddress& address) {
    const std::byte* bytes = address.bytes().data();
    if (address.is_v4()) return add_words(load<uint32_t>(bytes + 12));
    return add_words(load<uint64_t>(bytes)).add_words(load<uint64_t>(bytes + 8));
  }
  // Data that was summed on its own; of even length, unless it is the last piece.
  InternetSum& add(const InternetSum& piece) { return add_words(piece.sum_); }

  // The checksum of data whose checksum field was zero or left out.
  be16 checksum() const {
    return be16::from_raw(static_cast<uint16_t>(~ones_complement::fold(sum_)));
  }
  // The same as UDP sends it: 0 would mean "none" (RFC 768).
  be16 udp_checksum() const {
    const be16 sum = checksum();
    return sum.raw == 0 ? be16(0xffff) : sum;
  }
  // The data with its checksum field is as it was sent.
  bool verifies() const { return ones_complement::fold(sum_) == 0xffff; }

 private:
  InternetSum& add_words(uint64_t words) {
    sum_ = ones_complement::add(sum_, words);
    return *this;
  }

  uint64_t sum_ = 0;
  bool odd_ = false;  // the bytes so far are of odd number
};

// The pseudo header of TCP, UDP (RFC 9293, 768) or ICMPv6 (RFC 8200, 8.1) for either family; the
// addresses are of one family.
inline InternetSum pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                     Protocol protocol, uint32_t l4_bytes) {
  InternetSum sum;
  sum.add(source).add(destination).add(be32(l4_bytes));
  return sum.add(be16(static_cast<uint8_t>(protocol)));
}

// An IPv4 header without options, its checksum included, is as it was sent.
// Requires: 20 readable bytes.
inline bool plain_ipv4_header_verifies(const std::byte* header) {
  uint64_t sum = uint64_t{load<uint32_t>(header)} + load<uint32_t>(header + 4);
  sum += uint64_t{load<uint32_t>(header + 8)} + load<uint32_t>(header + 12);
  return ones_complement::fold(sum + load<uint32_t>(header + 16)) == 0xffff;
}

// An edit of data, as every checksum sees it that covers that data: make it once, apply it to each
// of them. RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
class ChecksumEdit {
 public:
  ChecksumEdit& replace(be16 from, be16 to) {
    return add(static_cast<uint16_t>(~from.raw)).add(to.raw);
  }
  ChecksumEdit& replace(be32 from, be32 to) { return add(~from.raw).add(to.raw); }
  // Requires: both of one family.
  ChecksumEdit& replace(const IpAddress& from, const IpAddress& to) {
    const std::byte* before = from.bytes().data();
    const std::byte* after = to.bytes().data();
    add(~load<uint64_t>(before)).add(load<uint64_t>(after));
    return add(~load<uint64_t>(before + 8)).add(load<uint64_t>(after + 8));
  }

  // An edit of other data that the same checksum covers.
  ChecksumEdit& add(const ChecksumEdit& other) { return add(other.delta_); }

  be16 apply(be16 checksum) const {
    const auto kept = static_cast<uint16_t>(~checksum.raw);
    const uint16_t sum = ones_complement::fold(ones_complement::add(delta_, kept));
    return be16::from_raw(static_cast<uint16_t>(~sum));
  }
  // UDP over IPv4: 0 is "none" and stays, and a sum of 0 is sent as 0xffff (RFC 768).
  be16 apply_udp(be16 checksum) const {
    if (checksum.raw == 0) return checksum;
    const be16 sum = apply(checksum);
    return sum.raw == 0 ? be16(0xffff) : sum;
  }

 private:
  ChecksumEdit& add(uint64_t words) {
    delta_ = ones_complement::add(delta_, words);
    return *this;
  }
  uint64_t delta_ = 0;
};

}  // namespace weft
