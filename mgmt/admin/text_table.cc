#include "mgmt/admin/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "dataplane/base/check.h"

namespace weft::mgmt {
namespace {

constexpr std::size_t gap_columns = 2;

// Terminal columns: characters, not bytes, of UTF-8.
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (std::string& heading : headings_) {
    to_the_right_.push_back(heading.starts_with('>'));
    if (to_the_right_.back()) heading.erase(0, 1);
  }
}

void TextTable::add(std::vector<std::string> cells) {
  CHECK(cells.size() == headings_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(headings_.size());
  const auto measure = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(cells[i]));
    }
  };
  measure(headings_);
  std::ranges::for_each(rows_, measure);
  std::string result;
  const auto write = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t blanks = widths[i] - columns_of(cells[i]);
      if (to_the_right_[i]) result.append(blanks, ' ');
      result += cells[i];
      result.append((to_the_right_[i] ? 0 : blanks) + gap_columns, ' ');
    }
    result.erase(result.find_last_not_of(' ') + 1);
    result += '\n';
  };
  write(headings_);
  std::ranges::for_each(rows_, write);
  return result;
}

std::string short_number(double value) {
  if (value < 100'000) {
    const bool small = value < 100 && value != static_cast<double>(static_cast<int64_t>(value));
    return small ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
  }
  constexpr std::array units = {"k", "M", "G", "T", "P", "E"};
  std::size_t unit = 0;
  value /= 1000;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, units[unit]);
}

std::string short_duration(double ms) {
  if (ms < 1000) return fmt::format("{:.0f} ms", ms);
  const auto total_s = static_cast<int64_t>(ms / 1000);
  const int64_t total_min = total_s / 60;
  const int64_t total_h = total_min / 60;
  if (total_min == 0) return fmt::format("{} s", total_s);
  if (total_h == 0) return fmt::format("{} min {} s", total_min, total_s % 60);
  if (total_h < 24) return fmt::format("{} h {} min", total_h, total_min % 60);
  return fmt::format("{} d {} h", total_h / 24, total_h % 24);
}

}  // namespace weft::mgmt
