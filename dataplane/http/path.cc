#include "dataplane/http/path.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/http/text_scan.h"

namespace weft {
namespace {

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

constexpr bool is_unreserved(char c) {
  const char letter = static_cast<char>(c | 0x20);
  return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

class Unescaper {
 public:
  Unescaper(const PathRules& rules, char* to) : rules_(rules), begin_(to), to_(to) {}

  Refusal take(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
      Refusal refusal = Refusal::none;
      if (path[i] == '%') {
        refusal = escape(path.substr(i));
        i += 2;
      } else if (path[i] == '\\') {
        refusal = backslash("\\");
      } else {
        *to_++ = path[i];
      }
      if (refusal != Refusal::none) return refusal;
    }
    return Refusal::none;
  }
  uint32_t bytes() const { return static_cast<uint32_t>(to_ - begin_); }

 private:
  Refusal escape(std::string_view text) {
    const int high = text.size() < 3 ? -1 : hex_value(text[1]);
    const int low = text.size() < 3 ? -1 : hex_value(text[2]);
    if (high < 0 || low < 0) return Refusal::path_escape_malformed;
    const char c = static_cast<char>(high << 4 | low);
    if (c == '\0') return Refusal::path_nul;
    if (is_unreserved(c)) return *to_++ = c, Refusal::none;
    if (c == '\\') return backslash("%5C");
    if (c == '/' && rules_.escaped_slash != EscapedSlash::keep) {
      if (rules_.escaped_slash == EscapedSlash::refuse) return Refusal::path_slash_escaped;
      return *to_++ = '/', Refusal::none;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const std::array<char, 3> kept = {'%', digits[static_cast<std::size_t>(high)],
                                      digits[static_cast<std::size_t>(low)]};
    return append({kept.data(), kept.size()});
  }

  Refusal backslash(std::string_view kept) {
    if (rules_.backslash == Backslash::refuse) return Refusal::path_backslash;
    return append(rules_.backslash == Backslash::slash ? "/" : kept);
  }

  Refusal append(std::string_view text) {
    to_ = std::copy(text.begin(), text.end(), to_);
    return Refusal::none;
  }

  const PathRules& rules_;
  char* begin_;
  char* to_;
};

// In place. RFC 3986, 5.2.4, with slashes merged first where they are.
uint32_t resolve_segments(char* path, uint32_t bytes, bool merge_slashes) {
  const std::string_view all(path, bytes);
  char* to = path + 1;  // behind the last slash that is kept
  for (std::size_t from = 1; from <= bytes;) {
    const std::size_t stop = std::min(all.find('/', from), all.size());
    const std::string_view segment = all.substr(from, stop - from);
    from = stop + 1;
    if (segment == "." || (segment.empty() && merge_slashes)) continue;
    if (segment == "..") {
      if (to - path > 1) --to;
      while (to[-1] != '/') --to;
      continue;
    }
    std::memmove(to, segment.data(), segment.size());
    to += segment.size();
    if (stop < bytes) *to++ = '/';
  }
  return static_cast<uint32_t>(to - path);
}

}  // namespace

bool is_plain_path(std::string_view path) {
  uint32_t after_slash = 0;
  while (!path.empty()) {
    std::array<char, 32> rest{};
    const std::size_t bytes = std::min(path.size(), rest.size());
    // The bytes behind the path are not ours to read.
    const char* const block =
        bytes == rest.size()
            ? path.data()
            : static_cast<const char*>(std::memcpy(rest.data(), path.data(), bytes));
    const PathMasks masks = path_masks(block);
    const uint32_t behind_slash = masks.slashes << 1 | after_slash;
    if ((masks.odd | (behind_slash & (masks.slashes | masks.dots))) != 0) return false;
    after_slash = masks.slashes >> 31;
    path.remove_prefix(bytes);
  }
  return true;
}

NormalPath normalise_path(std::string_view path, const PathRules& rules, char* to) {
  Unescaper unescaper(rules, to);
  const Refusal refusal = unescaper.take(path);
  if (refusal != Refusal::none) return {refusal, 0};
  return {Refusal::none, resolve_segments(to, unescaper.bytes(), rules.merge_slashes)};
}

}  // namespace weft
