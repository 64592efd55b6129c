// Collects metric families into one page of Prometheus text. A family is written as soon as it is
// complete, so that memory follows the largest one and not the page.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::mgmt {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// One family, while it is filled.
class Family {
 public:
  Family(prometheus::MetricType type, std::string_view name, std::string_view help);

  void add(Labels labels, double value);
  // Requires: nothing is added afterwards.
  prometheus::MetricFamily release() && { return std::move(metrics_); }

 private:
  prometheus::MetricFamily metrics_;
};

Family counter(std::string_view name, std::string_view help);
Family gauge(std::string_view name, std::string_view help);

// A family of which each row of a table gives one value.
template <class Row>
struct Column {
  Family (*make)(std::string_view name, std::string_view help);  // counter or gauge
  std::string_view name;
  std::string_view help;
  uint64_t Row::*value;
};

class MetricsPage {
 public:
  MetricsPage();

  void write(Family&& family);
  void write(Family&& family, double value);  // without labels

  // One family a column. `each` calls its argument with the labels and the row of every row.
  template <class Row, std::size_t columns_count, class Each>
  void write_columns(const std::array<Column<Row>, columns_count>& columns, const Each& each) {
    for (const Column<Row>& column : columns) {
      Family family = column.make(column.name, column.help);
      each([&](Labels labels, const Row& row) {
        family.add(std::move(labels), static_cast<double>(row.*column.value));
      });
      write(std::move(family));
    }
  }

  std::string text() &&;

 private:
  std::ostringstream out_;
};

}  // namespace weft::mgmt
