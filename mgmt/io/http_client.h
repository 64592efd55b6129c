// One HTTP request over a unix socket, blocking: all that weftctl needs.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "mgmt/io/http_message.h"

namespace weft::mgmt {

inline constexpr uint64_t client_response_bytes_max = 1u << 30;

// Any status is a response; an Error is one sentence for the operator: no gateway listens there,
// permission denied, no answer in `timeout_ms` (which bounds the whole exchange), not HTTP.
Result<HttpResponse> ask_over_socket(const std::string& path, const HttpRequest& request,
                                     milliseconds timeout_ms);

}  // namespace weft::mgmt
