// For tests: a strict reader of the JSON that log lines are, flat objects (RFC 8259).
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/utf8.h"

namespace weft::mgmt {

// Strings decoded, other values as they are written.
using ParsedLine = std::map<std::string, std::string>;

class LineParser {
 public:
  explicit LineParser(std::string_view line) : rest_(line) {}

  // Nothing if the line is not one flat object whose keys are different.
  std::optional<ParsedLine> parse() {
    ParsedLine line;
    if (!take("{")) return std::nullopt;
    do {
      const auto key = string();
      if (!key || !take(":")) return std::nullopt;
      const auto value = rest_.starts_with('"') ? string() : word();
      if (!value || !line.emplace(*key, *value).second) return std::nullopt;
    } while (take(","));
    if (!take("}") || !rest_.empty()) return std::nullopt;
    return line;
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::optional<std::string> string() {
    if (!take("\"")) return std::nullopt;
    std::string text;
    while (!rest_.empty() && rest_.front() != '"') {
      if (take("\\")) {
        if (!escape(text)) return std::nullopt;
        continue;
      }
      const std::size_t bytes = utf8_character_bytes(rest_);
      if (bytes == 0 || static_cast<uint8_t>(rest_.front()) < 0x20) return std::nullopt;
      text += rest_.substr(0, bytes);
      rest_.remove_prefix(bytes);
    }
    if (!take("\"")) return std::nullopt;
    return text;
  }

  bool escape(std::string& text) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const std::size_t at = letters.find(rest_.front());
    if (at != std::string_view::npos) {
      text += meanings[at];
      rest_.remove_prefix(1);
      return true;
    }
    if (!take("u") || rest_.size() < 4) return false;
    uint32_t code = 0;
    const char* end = rest_.data() + 4;
    if (std::from_chars(rest_.data(), end, code, 16).ptr != end) return false;
    rest_.remove_prefix(4);
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      text += static_cast<char>(0xe0 | code >> 12);
      text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
    return true;
  }

  std::optional<std::string> word() {
    const std::size_t end = rest_.find_first_of(",}");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    double number = 0;
    const char* after = text.data() + text.size();
    const bool is_number = std::from_chars(text.data(), after, number).ptr == after &&
                           text.find_first_not_of("-+.0123456789e") == std::string::npos;
    if (!is_number && text != "true" && text != "false" && text != "null") return std::nullopt;
    return text;
  }

  std::string_view rest_;
};

inline ParsedLine parse_line(std::string_view line) {
  const auto parsed = LineParser(line).parse();
  EXPECT_TRUE(parsed) << "not a flat JSON object: " << line;
  return parsed.value_or(ParsedLine{});
}

}  // namespace weft::mgmt
