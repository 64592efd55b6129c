#include "mgmt/config/lexical.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dataplane/base/utf8.h"

namespace weft::mgmt::config {

namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Walks the tokens of TOML 1.0 as far as strings, comments and nesting go.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<SyntaxError> scan() {
    while (at_ < text_.size() && !error_) step();
    return error_;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '"' || c == '\'') {
      string(c);
    } else {
      nesting(c);
      ++at_;
    }
  }

  void nesting(char c) {
    if (c == '[' || c == '{') {
      if (open_.size() == nesting_max) return fail(at_, "nested too deep");
      open_.push_back(at_);
      dots_ = 0;
    } else if (c == ']' || c == '}') {
      if (!open_.empty()) open_.pop_back();
    } else if (c == '.') {
      if (++dots_ == nesting_max) fail(at_, "the key has too many parts");
    } else if (c == '\n' || c == ',' || c == '=') {
      dots_ = 0;
    }
    if (c == '\n' && !open_.empty() && text_[open_.back()] == '{') {
      fail(open_.back(), "\"}\" is missing: an inline table stands on one line");
    }
  }

  void string(char quote) {
    const std::string_view rest = text_.substr(at_);
    const std::string triple(3, quote);
    if (rest.starts_with(triple)) {
      multi_line(quote, triple);
    } else {
      single_line(quote);
    }
  }

  void single_line(char quote) {
    const std::size_t opened = at_++;
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r' && !error_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\') {
        escape(false);
      } else {
        ++at_;
      }
    }
    fail(opened, "the closing quote of this string is missing");
  }

  void multi_line(char quote, const std::string& triple) {
    const std::size_t opened = at_;
    at_ += 3;
    while (at_ < text_.size() && !error_) {
      if (text_.substr(at_).starts_with(triple)) {
        at_ += 3;
        // Up to two quotes may stand before the closing three.
        for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\') {
        escape(true);
      } else {
        ++at_;
      }
    }
    fail(opened, "the closing quotes of this string are missing");
  }

  void escape(bool at_line_end) {
    const std::size_t backslash = at_++;
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (std::string_view("btnfr\"\\").find(c) != std::string_view::npos) {
      ++at_;
    } else if (c == 'u' || c == 'U') {
      ++at_;
      code_point(backslash, c == 'u' ? 4 : 8);
    } else if (c == '\n' || c == '\r') {
      return;  // the end of the line: the caller sees that a single-line string is not closed
    } else if (at_line_end && (c == ' ' || c == '\t')) {
      at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size());
      if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') unknown(backslash, c);
    } else {
      unknown(backslash, c);
    }
  }

  void code_point(std::size_t backslash, int digits) {
    uint32_t value = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      if (at_ >= text_.size() || !is_hex(text_[at_])) {
        fail(backslash,
             fmt::format("\\{} needs {} hexadecimal digits", digits == 4 ? 'u' : 'U', digits));
        return;
      }
      const char c = text_[at_];
      value = value << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
      fail(backslash, "this escape names no Unicode character");
    }
  }

  void unknown(std::size_t backslash, char c) {
    const bool ascii = c > ' ' && c < 0x7f;
    fail(backslash, ascii ? fmt::format("unknown escape \\{} (a backslash itself is \\\\)", c)
                          : "unknown escape (a backslash itself is \\\\)");
  }

  void fail(std::size_t at, std::string message) {
    if (!error_) error_ = SyntaxError{static_cast<Offset>(at), std::move(message)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::size_t> open_;  // brackets and braces
  uint32_t dots_ = 0;              // in the current key
  std::optional<SyntaxError> error_;
};

}  // namespace

std::optional<SyntaxError> check_encoding(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = static_cast<Offset>(i);
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >= 0x20 && byte < 0x7f) {
      ++i;
      continue;
    }
    const std::size_t bytes = utf8_character_bytes(text.substr(i));
    if (bytes == 0) return SyntaxError{at, fmt::format("not UTF-8: byte {:#04x}", byte)};
    const bool line_end = byte == '\r' && text.substr(i + 1).starts_with('\n');
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f;
    if (control && !line_end) {
      return SyntaxError{at, fmt::format("control character {:#04x}", byte)};
    }
    i += bytes;
  }
  return std::nullopt;
}

std::optional<SyntaxError> check_tokens(std::string_view text) {
  return Scanner(text).scan();
}

}  // namespace weft::mgmt::config
