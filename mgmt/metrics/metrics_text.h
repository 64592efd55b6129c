// The report as Prometheus text (exposition format 0.0.4). A pure function; see README.md for the
// names, and for what ten thousand endpoints cost.
#pragma once

#include <string>

#include "mgmt/metrics/report.h"

namespace weft::mgmt {

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const Report& report);

}  // namespace weft::mgmt
