#include "dataplane/http/h1_lines.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "dataplane/http/text_scan.h"

namespace weft {
namespace {

constexpr uint32_t block_bytes_max = 64;

}  // namespace

// Whether what there is up to `end`, without an end of line, breaks a limit.
H1Lines::Found H1Lines::check_length(uint32_t end, const LineLimits& limits) {
  const bool first = lines_ == 0 && end - line_begin_ > limits.first_line_bytes_max;
  if (first) return refuse(limits.first_line_too_long);
  if (end > limits.bytes_max) return refuse(limits.too_long);
  return Found::more;
}

H1Lines::Found H1Lines::end_line(uint32_t at, bool after_return, const LineLimits& limits) {
  const uint32_t content_end = at - (after_return ? 1 : 0);
  if (check_length(content_end, limits) == Found::refused) return Found::refused;
  if (!after_return) return refuse(Refusal::bare_lf);
  const bool empty = content_end == line_begin_;
  line_begin_ = at + 1;
  if (empty) return Found::whole;
  return ++lines_ > limits.lines_max ? refuse(Refusal::fields_too_many) : Found::more;
}

// Up to 64 bytes, behind which as many may be read as make them 64.
H1Lines::Found H1Lines::find_in(const char* block, uint32_t bytes, const LineLimits& limits) {
  const uint64_t there = bytes == 64 ? ~uint64_t{0} : (uint64_t{1} << bytes) - 1;
  const LineMasks masks = line_masks(block);
  const uint64_t returns = masks.returns & there;
  uint64_t feeds = masks.feeds & there;
  const uint64_t after_return = returns << 1 | (after_return_ ? 1 : 0);
  after_return_ = (returns >> (bytes - 1)) != 0;
  const auto lines = static_cast<uint32_t>(std::popcount(feeds));
  // A line that is empty ends two bytes behind another one; of those in the block before, the first
  // two bytes do not say.
  const bool simple = (feeds & ~after_return) == 0 && (feeds & (feeds << 2 | 3)) == 0 &&
                      lines_ > 0 && lines_ + lines <= limits.lines_max &&
                      looked_bytes_ + bytes <= limits.bytes_max;
  if (simple) {
    lines_ += lines;
    if (feeds != 0)
      line_begin_ = looked_bytes_ + 64 - static_cast<uint32_t>(std::countl_zero(feeds));
    return Found::more;
  }
  for (; feeds != 0; feeds &= feeds - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(feeds));
    const Found found = end_line(looked_bytes_ + i, (after_return >> i & 1) != 0, limits);
    if (found != Found::more) return found;
  }
  return Found::more;
}

H1Lines::Found H1Lines::find(const Chain& in, const LineLimits& limits) {
  while (looked_bytes_ < in.size()) {
    const std::span<const std::byte> piece = in.piece_at(looked_bytes_);
    const auto* text = reinterpret_cast<const char*>(piece.data());
    auto bytes = static_cast<uint32_t>(std::min<std::size_t>(piece.size(), block_bytes_max));
    std::array<char, block_bytes_max> rest;
    // The bytes behind a piece are not ours to read.
    if (bytes < block_bytes_max)
      text = static_cast<const char*>(std::memcpy(rest.data(), text, bytes));
    const Found found = find_in(text, bytes, limits);
    if (found != Found::more) return found;
    looked_bytes_ += bytes;
    // A last CR may belong to the end of the line, which no limit counts.
    const Found length = check_length(looked_bytes_ - (after_return_ ? 1 : 0), limits);
    if (length == Found::refused) return length;
  }
  return Found::more;
}

}  // namespace weft
