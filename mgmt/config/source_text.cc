#include "mgmt/config/source_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/base/utf8.h"
#include "mgmt/config/key_place.h"

namespace weft::mgmt::config {

namespace {

bool starts_character(char c) {
  return (static_cast<uint8_t>(c) & 0xc0) != 0x80;
}

uint32_t characters(std::string_view text) {
  return static_cast<uint32_t>(std::count_if(text.begin(), text.end(), starts_character));
}

// The bytes of characters [first, first + count).
std::string_view cut(std::string_view text, uint32_t first, uint32_t count) {
  std::size_t begin = 0;
  const auto skip = [&text](std::size_t from, uint32_t n) {
    while (from < text.size() && n > 0) {
      ++from;
      while (from < text.size() && !starts_character(text[from])) ++from;
      --n;
    }
    return from;
  };
  begin = skip(0, first);
  return text.substr(begin, skip(begin, count) - begin);
}

// The bytes of the character at the front, of which 1 when there is none that is well-formed.
std::size_t step_bytes(std::string_view text) {
  return std::max<std::size_t>(utf8_character_bytes(text), 1);
}

bool is_printable(std::string_view character) {
  const auto first = static_cast<uint8_t>(character.front());
  if (first < 0x80) return character == "\t" || (first >= 0x20 && first != 0x7f);
  // U+0080 to U+009F are controls as well: U+009B begins a terminal's commands.
  const bool control = first == 0xc2 && static_cast<uint8_t>(character.back()) < 0xa0;
  return character.size() > 1 && !control;
}

// What cannot be shown as it is would garble the operator's terminal, and what is not UTF-8 the
// JSON that it is told in.
std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, step_bytes(text));
    shown += is_printable(character) ? character : "?";
    text.remove_prefix(character.size());
  }
  return shown;
}

// Where the value begins if the word at `at` is the key of a secret, or npos.
std::size_t secret_begin(std::string_view line, std::size_t at) {
  constexpr std::string_view key = "key";
  if (at > 0 && in_bare_key(line[at - 1])) return std::string_view::npos;
  std::size_t next = at + key.size();
  if (next < line.size() && (line[next] == '"' || line[next] == '\'')) ++next;
  next = std::min(line.find_first_not_of(" \t", next), line.size());
  if (next == line.size() || line[next] != '=') return std::string_view::npos;
  return std::min(line.find_first_not_of(" \t", next + 1), line.size());
}

// The line with as many characters, those of secrets hidden: to the closing quote, or, of what is
// no string, to the next comma or brace.
std::string without_secrets(std::string_view line) {
  std::string shown;
  std::size_t done = 0;
  for (std::size_t at = line.find("key"); at != std::string_view::npos; at = line.find("key", at)) {
    std::size_t begin = secret_begin(line, at++);
    if (begin == std::string_view::npos) continue;
    const bool quoted = begin < line.size() && (line[begin] == '"' || line[begin] == '\'');
    const std::string_view quote = quoted ? line.substr(begin, 1) : "";
    if (quoted) begin = std::min(line.find_first_not_of(quote, begin), line.size());
    const std::size_t end = std::min(line.find_first_of(quoted ? quote : ",}", begin), line.size());
    shown += line.substr(done, begin - done);
    shown.append(characters(line.substr(begin, end - begin)), '*');
    at = done = end;
  }
  return shown + std::string(line.substr(done));
}

// Puts the part of a long line around the column into the error.
void show_around(std::string_view line, uint32_t column, ConfigError& error) {
  constexpr uint32_t shown_max = SourceText::shown_characters_max;
  const uint32_t length = characters(line);
  error.caret = column - 1;
  if (length <= shown_max) {
    error.text = printable(line);
    return;
  }
  const uint32_t before = shown_max / 2;
  const uint32_t first = error.caret > before ? error.caret - before : 0;
  const std::string_view left_out = "...";
  if (first > 0) {
    error.text = left_out;
    error.caret += static_cast<uint32_t>(left_out.size()) - first;
  }
  error.text += printable(cut(line, first, shown_max));
  if (first + shown_max < length) error.text += left_out;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_bytes_max = 80;
  std::size_t shown_bytes = 0;
  while (shown_bytes < text.size()) {
    const std::size_t next = shown_bytes + step_bytes(text.substr(shown_bytes));
    if (next > shown_bytes_max) break;
    shown_bytes = next;
  }
  const std::string_view left_out = shown_bytes < text.size() ? "..." : "";
  return fmt::format("\"{}{}\"", printable(text.substr(0, shown_bytes)), left_out);
}

SourceText::SourceText(std::string_view text, std::string file_name)
    : text_(text), file_name_(std::move(file_name)), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(static_cast<Offset>(i + 1));
  }
}

uint32_t SourceText::line(Offset at) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
  return static_cast<uint32_t>(after - line_starts_.begin());
}

std::string_view SourceText::line_text(uint32_t line) const {
  const Offset begin = line_starts_[line - 1];
  std::string_view text = text_.substr(begin, text_.find('\n', begin) - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

ConfigError SourceText::error(Offset at, std::string message) const {
  if (at >= text_.size()) {
    // What is missing at the end of a file is missing after its last line.
    const std::size_t last = text_.find_last_not_of("\r\n");
    at = last == std::string_view::npos ? 0 : static_cast<Offset>(last + 1);
  }
  ConfigError error;
  error.file = file_name_;
  error.message = std::move(message);
  error.line = line(at);
  const std::string_view text = line_text(error.line);
  const Offset begin = line_starts_[error.line - 1];
  error.column = characters(text.substr(0, at - begin)) + 1;
  show_around(without_secrets(text), error.column, error);
  return error;
}

ConfigError SourceText::error(std::string message) const {
  ConfigError error;
  error.file = file_name_;
  error.message = std::move(message);
  return error;
}

std::string to_string(const ConfigError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.file, error.message);
  // Tabs before the caret stay tabs, so that it stands below its character.
  std::string indent;
  for (const char c : cut(error.text, 0, error.caret)) {
    if (starts_character(c)) indent += c == '\t' ? '\t' : ' ';
  }
  return fmt::format("{}:{}:{}: {}\n{}\n{}^", error.file, error.line, error.column, error.message,
                     error.text, indent);
}

std::string to_string(const std::vector<ConfigError>& errors) {
  std::string all;
  for (const ConfigError& error : errors) all += to_string(error) + "\n";
  return all;
}

}  // namespace weft::mgmt::config
