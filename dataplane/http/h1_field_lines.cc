#include "dataplane/http/h1_field_lines.h"

#include <bit>

#include "dataplane/http/limits.h"
#include "dataplane/http/text_scan.h"

namespace weft {
namespace {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

// Of a line whose name ends at something else than a colon.
Refusal refusal_of_name(const char* line, std::size_t name_bytes) {
  const char* at = line + name_bytes;
  if (name_bytes == 0) {
    if (is_space(*at)) return Refusal::line_folded;
    return *at == '\r' ? Refusal::bare_cr : Refusal::field_name_malformed;
  }
  if (is_space(*at)) {
    while (is_space(*at)) ++at;
    return *at == ':' ? Refusal::space_before_colon : Refusal::field_name_malformed;
  }
  if (*at != '\r') return Refusal::field_name_malformed;
  return at[1] == '\n' ? Refusal::colon_missing : Refusal::bare_cr;
}

// The line begins at that offset, its value ends before `stop`.
bool push_line(Fields& fields, uint32_t at, std::size_t name_bytes, const char* stop) {
  const char* const base = fields.arena().at(0);
  const char* const line = base + at;
  const char* value = line + name_bytes + 1;
  while (value < stop && is_space(*value)) ++value;
  while (stop > value && is_space(stop[-1])) --stop;
  return fields.push({at, static_cast<uint32_t>(name_bytes)},
                     {static_cast<uint32_t>(value - base), static_cast<uint32_t>(stop - value)},
                     known_field({line, name_bytes}));
}

// Line by line, each rule on its own: finds what is wrong, in the order of the bytes.
Refusal read_with_care(Fields& fields, uint32_t at, uint32_t end) {
  const char* const base = fields.arena().at(0);
  while (at + 2 < end) {
    const char* const line = base + at;
    const std::size_t name_bytes = token_length(line);
    if (name_bytes == 0 || line[name_bytes] != ':') return refusal_of_name(line, name_bytes);
    if (name_bytes > field_name_bytes_max) return Refusal::field_name_too_long;
    const char* const value = line + name_bytes + 1;
    const char* const stop = value + value_length(value);
    if (*stop != '\r') return Refusal::field_value_malformed;
    if (stop[1] != '\n') return Refusal::bare_cr;
    if (!push_line(fields, at, name_bytes, stop)) return Refusal::fields_too_many;
    at = static_cast<uint32_t>(stop + 2 - base);
  }
  return Refusal::none;
}

}  // namespace

// The masks say where lines end before anybody looks into them, so that the processor works at
// several lines at once. Whatever is not sound in a block is left to the other way.
Refusal read_field_lines(Fields& fields, uint32_t at, uint32_t end) {
  const char* const base = fields.arena().at(0);
  const uint32_t last = end - 2;
  uint64_t after_return = 0;
  for (uint32_t block = at; block < last; block += 64) {
    LineMasks masks = line_masks(base + block);
    const uint64_t there = end - block >= 64 ? ~uint64_t{0} : (uint64_t{1} << (end - block)) - 1;
    const uint64_t expected = masks.returns << 1 | after_return;
    if (((masks.others | (masks.feeds ^ expected)) & there) != 0) {
      return read_with_care(fields, at, end);
    }
    after_return = masks.returns >> 63;
    for (uint64_t feeds = masks.feeds & there; feeds != 0; feeds &= feeds - 1) {
      if (at == last) return Refusal::none;
      const char* const line = base + at;
      const std::size_t name_bytes = token_length(line);
      const uint32_t feed = block + static_cast<uint32_t>(std::countr_zero(feeds));
      const bool sound = name_bytes - 1 < field_name_bytes_max && line[name_bytes] == ':' &&
                         push_line(fields, at, name_bytes, base + feed - 1);
      if (!sound) return read_with_care(fields, at, end);
      at = feed + 1;
    }
  }
  return Refusal::none;
}

}  // namespace weft
