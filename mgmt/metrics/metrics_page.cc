#include "mgmt/metrics/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <locale>
#include <utility>

namespace weft::mgmt {

Family::Family(prometheus::MetricType type, std::string_view name, std::string_view help) {
  metrics_.type = type;
  metrics_.name = name;
  metrics_.help = help;
}

void Family::add(Labels labels, double value) {
  prometheus::ClientMetric& metric = metrics_.metric.emplace_back();
  metric.label = std::move(labels);
  if (metrics_.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

Family counter(std::string_view name, std::string_view help) {
  return {prometheus::MetricType::Counter, name, help};
}

Family gauge(std::string_view name, std::string_view help) {
  return {prometheus::MetricType::Gauge, name, help};
}

MetricsPage::MetricsPage() {
  out_.imbue(std::locale::classic());
}

void MetricsPage::write(Family&& family) {
  std::vector<prometheus::MetricFamily> one;  // as the serializer takes it, without a copy
  one.push_back(std::move(family).release());
  if (!one.front().metric.empty()) prometheus::TextSerializer().Serialize(out_, one);
}

void MetricsPage::write(Family&& family, double value) {
  family.add({}, value);
  write(std::move(family));
}

std::string MetricsPage::text() && {
  return std::move(out_).str();
}

}  // namespace weft::mgmt
