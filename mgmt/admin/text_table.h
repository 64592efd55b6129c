// Columns of text, each as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace weft::mgmt {

class TextTable {
 public:
  // A heading that begins with '>' is of numbers, which stand to the right.
  explicit TextTable(std::vector<std::string> headings);

  // Requires: as many cells as headings.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Lines without blanks at their ends.
  std::string text() const;

 private:
  std::vector<std::string> headings_;
  std::vector<bool> to_the_right_;
  std::vector<std::vector<std::string>> rows_;
};

// "12345", "1.23 M", "45.6 G": at most four digits beyond 99,999.
std::string short_number(double value);

// "850 ms", "12 s", "3 min 20 s", "5 h 12 min", "40 d 3 h".
std::string short_duration(double ms);

}  // namespace weft::mgmt
