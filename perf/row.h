// One figure of a benchmark, as scripts/bench collects them.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <vector>

namespace weft {

struct Row {
  std::string name;
  double value = 0;
  std::string unit;
  bool valid = true;  // false: it does not measure what it says
  std::vector<double> samples;
  std::string detail;  // where it goes: one line
};

// One JSON object a line; scripts/bench adds sense and bound.
inline void write_rows(const std::vector<Row>& rows, const std::string& file) {
  std::ofstream out(file);
  for (const Row& row : rows) {
    out << fmt::format(R"({{"name":"{}","value":{:.4f},"unit":"{}","valid":{},"samples":[)",
                       row.name, row.value, row.unit, row.valid);
    for (std::size_t i = 0; i < row.samples.size(); ++i) {
      out << fmt::format("{}{:.4f}", i == 0 ? "" : ",", row.samples[i]);
    }
    out << fmt::format(R"(],"detail":"{}"}})", row.detail) << "\n";
  }
}

}  // namespace weft
