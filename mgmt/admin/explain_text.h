// What POST /v1/explain asks and answers, as JSON between weftctl and the gateway, and as text for
// an operator. Asked: {"packet": "4500...", "interface": "edge"}, or "frame" for one with its link
// header; bytes in hexadecimal. Answered: {"interface": "edge", "stages": [{"stage":
// "parse_headers", "says": "..."}], "verdict": "drop", "drop": "no_listener", "leaves": ""}.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "mgmt/explain/explanation.h"

namespace weft::mgmt {

std::string text_of(const ExplainRequest& request);
// Error: one sentence for the operator.
Result<ExplainRequest> explain_request_in(std::string_view json);

std::string json_of(const Explanation& explanation);
// What json_of() gives as lines: the stages, then the end.
Result<std::string> explanation_text(std::string_view json);

}  // namespace weft::mgmt
