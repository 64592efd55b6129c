// What went wrong with a probe, in the words that operators read. For the files of mgmt/io.
#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "dataplane/base/clock.h"
#include "mgmt/io/prober.h"

namespace weft::mgmt {

// How far a probe got.
enum class ProbeStep : uint8_t { connecting, unanswered, in_header, in_body };

// Of an operation that failed with `error`. Inconclusive when the fault is this host's.
ProbeResult probe_failed(boost::system::error_code error, ProbeStep step, milliseconds timeout);

// Whether an HTTP answer passes, by its status alone.
ProbeResult judge_status(unsigned status, const HealthSettings& health);

}  // namespace weft::mgmt
