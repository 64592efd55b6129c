// The text of a file by line and column: turns byte offsets into what an operator reads.
// Thread safety: immutable. Borrows the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/config/config.h"

namespace weft::mgmt::config {

using Offset = uint32_t;  // bytes from the start of the text

// In quotes, cut when long; control characters and what is not UTF-8 shown as "?": for messages.
std::string in_quotes(std::string_view text);

class SourceText {
 public:
  // Longer lines are shown around the column only.
  static constexpr uint32_t shown_characters_max = 120;

  // Requires: text outlives this.
  SourceText(std::string_view text, std::string file_name);

  std::string_view text() const { return text_; }
  uint32_t line(Offset at) const;  // from 1
  // An offset at or beyond the end points just after the last character. The value of a key named
  // "key" is a secret: each of its characters is shown as "*".
  ConfigError error(Offset at, std::string message) const;
  // Of the file as a whole.
  ConfigError error(std::string message) const;

 private:
  std::string_view line_text(uint32_t line) const;

  std::string_view text_;
  std::string file_name_;
  std::vector<Offset> line_starts_;
};

}  // namespace weft::mgmt::config
