#include "dataplane/http/known_field.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace weft {
namespace {

constexpr auto known_count = static_cast<std::size_t>(KnownField::count);

constexpr std::array<std::string_view, known_count> names = {
    "",
    "accept",
    "accept-encoding",
    "accept-language",
    "age",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "http2-settings",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "last-modified",
    "location",
    "max-forwards",
    "origin",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-key",
    "sec-websocket-version",
    "server",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
};
static_assert(!names.back().empty());

// A name and its length in half a cache line.
struct Known {
  std::array<char, 31> text;
  uint8_t bytes;
};
static_assert(sizeof(Known) == 32);

constexpr auto make_known() {
  std::array<Known, known_count> known{};
  for (std::size_t i = 0; i < known_count; ++i) {
    std::copy(names[i].begin(), names[i].end(), known[i].text.begin());
    known[i].bytes = static_cast<uint8_t>(names[i].size());
  }
  return known;
}

alignas(64) constexpr std::array<Known, known_count> known_names = make_known();

constexpr unsigned slot_bits = 9;
using Slots = std::array<KnownField, 1 << slot_bits>;

// Lower case of letters; other characters of tokens may become anything but those of known names.
constexpr uint32_t fold = 0x20202020;

// Four characters as one number, wherever a compiler lets us say so.
constexpr uint32_t four(const char* from) {
  if (std::is_constant_evaluated()) {
    uint32_t word = 0;
    for (int i = 3; i >= 0; --i) word = word << 8 | static_cast<uint8_t>(from[i]);
    return word;
  }
  uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The first four and the last four characters, which may overlap; of shorter names, all.
constexpr uint64_t ends_of(std::string_view name) {
  const std::size_t n = name.size();
  if (n >= 4) return uint64_t{four(name.data()) | fold} << 32 | (four(name.data() + n - 4) | fold);
  uint64_t word = 0;
  for (const char c : name) word = word << 8 | static_cast<uint8_t>(c | 0x20);
  return word;
}

constexpr std::size_t slot_of(uint64_t ends, std::size_t bytes, uint64_t multiplier) {
  return (ends + bytes) * multiplier >> (64 - slot_bits);
}

// No two known names share a slot.
constexpr bool separates(uint64_t multiplier) {
  Slots slots{};
  for (std::size_t i = 1; i < names.size(); ++i) {
    KnownField& slot = slots[slot_of(ends_of(names[i]), names[i].size(), multiplier)];
    if (slot != KnownField::other) return false;
    slot = static_cast<KnownField>(i);
  }
  return true;
}

constexpr uint64_t find_multiplier() {
  uint64_t multiplier = 0x9e3779b97f4a7c15u;
  while (!separates(multiplier)) multiplier = multiplier * 6364136223846793005u + 2;
  return multiplier;
}

constexpr uint64_t multiplier = find_multiplier();

constexpr Slots slots_of_names() {
  Slots slots{};
  for (std::size_t i = 1; i < names.size(); ++i) {
    slots[slot_of(ends_of(names[i]), names[i].size(), multiplier)] = static_cast<KnownField>(i);
  }
  return slots;
}

constexpr Slots slots = slots_of_names();

// Whether a name whose ends are those of `known`, and which is as long, is the same in between.
bool is_same_between(const char* name, const Known& known) {
  bool same = true;
  for (std::size_t i = 4; i + 4 < known.bytes; i += 4) {
    same &= (four(name + i) | fold) == four(known.text.data() + i);
  }
  return same;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

std::string_view name_of(KnownField field) {
  return names[static_cast<std::size_t>(field)];
}

KnownField known_field(std::string_view name) {
  if (name.empty()) return KnownField::other;
  const uint64_t ends = ends_of(name);
  const KnownField field = slots[slot_of(ends, name.size(), multiplier)];
  const Known& known = known_names[static_cast<std::size_t>(field)];
  const bool like = known.bytes == name.size() && ends == ends_of({known.text.data(), known.bytes});
  return like && is_same_between(name.data(), known) ? field : KnownField::other;
}

bool same_token(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace weft
