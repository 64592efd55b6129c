#include "mgmt/weftctl_explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mgmt/admin/explain_text.h"
#include "mgmt/admin/status_text.h"
#include "mgmt/explain/captured_frame.h"
#include "mgmt/explain/made_packet.h"

namespace weft::mgmt {

Result<HttpRequest> explain_request(const ExplainOptions& options) {
  if (options.words.empty() == options.file.empty()) {
    return fail("say a packet, \"tcp 192.0.2.1:1234 > 203.0.113.10:80\", or --pcap FILE",
                Fault::operator_input);
  }
  auto bytes = options.file.empty() ? made_packet(fmt::format("{}", fmt::join(options.words, " ")))
                                    : captured_frame(options.file, options.frame);
  if (!bytes) return tl::unexpected(bytes.error());
  const ExplainRequest request{*std::move(bytes), !options.file.empty(), options.interface};
  return HttpRequest{.method = "POST", .target = "/v1/explain", .body = text_of(request)};
}

Result<std::string> explained(const HttpResponse& answer, bool json) {
  if (answer.status != 200) return fail(text_of(answer.body, "error"));
  return json ? answer.body : explanation_text(answer.body);
}

}  // namespace weft::mgmt
