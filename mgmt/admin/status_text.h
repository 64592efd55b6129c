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

// The text under `key` of what a reload is answered with ("error" of {"error": "..."}); an answer
// that has none is given as it is.
std::string text_of(std::string_view json, std::string_view key);

}  // namespace weft::mgmt
