// The tables that people read, made from the JSON of status_json(): weftctl needs nothing else of
// the gateway. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// `weftctl status`. An Error when the text is not a gateway's status.
Result<std::string> status_text(std::string_view json);

// `weftctl top`: what changed from one status to the next, as rates per second over the time that
// the two say lies between them.
Result<std::string> top_text(std::string_view before_json, std::string_view after_json);

// The message in {"error": "..."}, which a refused reload is answered with; otherwise the text.
std::string error_in(std::string_view json);

}  // namespace weft::mgmt
