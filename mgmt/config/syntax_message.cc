#include "mgmt/config/syntax_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace weft::mgmt::config {

namespace {

struct Place {
  uint32_t line = 0;
  uint32_t column = 1;  // in bytes, from 1
};

// The number in " 12 | text", 0 if the line is none of these.
uint32_t numbered_line(std::string_view line) {
  const std::size_t digits = line.find_first_not_of(' ');
  if (digits == std::string_view::npos) return 0;
  uint32_t number = 0;
  const char* end = line.data() + line.size();
  const auto [after, error] = std::from_chars(line.data() + digits, end, number);
  if (error != std::errc{} || !std::string_view(after, end).starts_with(" | ")) return 0;
  return number;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Both lines of a place begin with the same number of characters before the text of the file.
std::vector<Place> places(const std::vector<std::string_view>& lines) {
  std::vector<Place> all;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const uint32_t number = numbered_line(lines[i]);
    if (number == 0) continue;
    const std::size_t prefix = lines[i].find(" | ") + 3;
    const std::size_t mark = lines[i + 1].find_first_of("^~", prefix);
    Place place{number, 1};
    if (mark != std::string_view::npos) place.column = static_cast<uint32_t>(mark - prefix + 1);
    all.push_back(place);
    ++i;
  }
  return all;
}

Offset offset_of(std::string_view text, Place place) {
  std::size_t begin = 0;
  for (uint32_t line = 1; line < place.line && begin < text.size(); ++line) {
    const std::size_t end = text.find('\n', begin);
    begin = end == std::string_view::npos ? text.size() : end + 1;
  }
  return static_cast<Offset>(begin + place.column - 1);
}

// "[error] toml::parse_key: an invalid key appeared." -> "an invalid key appeared"
std::string_view headline(std::string_view line) {
  if (line.starts_with("[error] ")) line.remove_prefix(8);
  if (line.starts_with("toml::")) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) line.remove_prefix(colon + 2);
  }
  while (line.ends_with('.') || line.ends_with(' ') || line.ends_with(':')) line.remove_suffix(1);
  return line;
}

struct Translation {
  std::string_view theirs;  // part of the headline
  std::string_view ours;    // KEY is the one they name, LINE that of the first place
};

constexpr std::array translations = {
    Translation{"an invalid key appeared", "this is neither a key nor a table header"},
    Translation{"missing value after key-value separator", "a value is missing after \"=\""},
    Translation{"missing key-value separator", "\"=\" is missing after the key"},
    Translation{"invalid format for key",
                "not in a key without quotes: letters, digits, \"_\" and \"-\" are"},
    Translation{"empty key", "a key is missing before \"=\""},
    Translation{"unknown value appeared", "this is no value (a string needs quotes)"},
    Translation{"not a valid string", "this is no string"},
    Translation{"invalid line format",
                "the value ends before this; the line should too (a string needs quotes)"},
    Translation{"neither table nor", "the value in line LINE is no table"},
    Translation{"array of table", "KEY is defined already, in line LINE"},
    Translation{"already exists", "KEY is defined already, in line LINE"},
    Translation{"inline tables are immutable", "the table in line LINE is closed by its brace"},
    Translation{"missing array separator", "\",\" or \"]\" is missing in the list of line LINE"},
    Translation{"value having invalid format", "this is no value (a string needs quotes)"},
    Translation{"trailing comma", "\",\" stands before the \"}\" of an inline table"},
    Translation{"missing curly brace", "\"}\" is missing at the end of the inline table"},
    Translation{"missing table separator", "\",\" or \"}\" is missing in the inline table"},
    Translation{"inline table did not closed", "\"}\" is missing at the end of the inline table"},
    Translation{"array did not closed", "\"]\" is missing at the end of the list"},
    Translation{"newline required after", "the line should end after the table header"},
    Translation{"_integer", "this is no integer"},
    Translation{"unknown integer prefix", "this is no integer"},
    Translation{"leading zero", "an integer has no leading zero"},
    Translation{"surrounded by digits", "\"_\" stands between digits only"},
    Translation{"bad float", "this is no float"},
    Translation{"invalid date", "there is no such date"},
    Translation{"invalid time", "there is no such time"},
    Translation{"bad datetime", "this is no date and time"},
    Translation{"bad time", "this is no time"},
};

// "name" of: value ("name") already exists
std::string_view named_key(std::string_view theirs) {
  const std::size_t open = theirs.find("(\"");
  const std::size_t close = theirs.rfind("\")");
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open)
    return "it";
  return theirs.substr(open + 1, close - open);
}

// '"]" is missing' when a table header at the place does not end on its line; empty: it does, or
// none is there.
std::string open_header(std::string_view text, Offset at) {
  std::string_view line = text.substr(std::min<std::size_t>(at, text.size()));
  line = line.substr(0, line.find('\n'));
  if (!line.starts_with('[')) return {};
  const std::string_view close = line.starts_with("[[") ? "]]" : "]";
  if (line.find(close) != std::string_view::npos) return {};
  return fmt::format("\"{}\" is missing at the end of the table header", close);
}

void replace(std::string& text, std::string_view mark, std::string_view with) {
  const std::size_t found = text.find(mark);
  if (found != std::string::npos) text.replace(found, mark.size(), with);
}

}  // namespace

SyntaxError syntax_error(std::string_view text, std::string_view drawing, uint32_t line) {
  const std::vector<std::string_view> lines = split_lines(drawing);
  const std::vector<Place> all = places(lines);
  const Place at = all.empty() ? Place{line, 1} : all.back();
  if (std::string ours = open_header(text, offset_of(text, at)); !ours.empty()) {
    return {offset_of(text, at), std::move(ours)};
  }
  const std::string_view theirs = lines.empty() ? std::string_view() : headline(lines.front());
  for (const Translation& translation : translations) {
    if (theirs.find(translation.theirs) == std::string_view::npos) continue;
    std::string ours(translation.ours);
    replace(ours, "KEY", named_key(theirs));
    replace(ours, "LINE", std::to_string(all.empty() ? at.line : all.front().line));
    return {offset_of(text, at), std::move(ours)};
  }
  if (theirs.empty()) return {offset_of(text, at), "this is no value (a string needs quotes)"};
  return {offset_of(text, at), fmt::format("not TOML: {}", theirs)};
}

}  // namespace weft::mgmt::config
