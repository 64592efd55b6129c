// weftctl explain: what would become of a packet, stage by stage.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/io/http_message.h"

namespace weft::mgmt {

struct ExplainOptions {
  std::vector<std::string> words;  // mgmt/explain/made_packet.h
  std::string file;                // or a frame of this capture
  uint64_t frame = 1;
  std::string interface;
};

// The request to the gateway. Error: no packet is said, or two are.
Result<HttpRequest> explain_request(const ExplainOptions& options);
// What to print: the answer as it is, or as lines.
Result<std::string> explained(const HttpResponse& answer, bool json);

}  // namespace weft::mgmt
