// The report as JSON: what /v1/status answers and `weftctl status --json` prints. A pure function.
// Counts are numbers since the listener or endpoint appeared, times are RFC 3339 in UTC, durations
// milliseconds. Keys are only ever added.
#pragma once

#include <string>

#include "mgmt/metrics/report.h"

namespace weft::mgmt {

std::string status_json(const Report& report);

}  // namespace weft::mgmt
