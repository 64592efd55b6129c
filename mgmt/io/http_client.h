// One HTTP request over a unix socket, blocking: all that weftctl needs. Errors are one sentence
// for the operator: no gateway listens there, permission denied, no answer in time, not HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "mgmt/io/http_message.h"

namespace weft::mgmt {

inline constexpr uint64_t client_response_bytes_max = 1u << 30;

// Any status is a response. `timeout_ms` bounds the whole exchange.
Result<HttpResponse> ask_over_socket(const std::string& path, const HttpRequest& request,
                                     milliseconds timeout_ms);

// The same for a body that comes in parts, as long as it takes: `take` gets each part of a body
// whose status is 200, and an empty one several times a second meanwhile; false ends it. The
// response has the body of another status. `timeout_ms` bounds the time to the first byte.
Result<HttpResponse> take_over_socket(const std::string& path, const HttpRequest& request,
                                      milliseconds timeout_ms,
                                      const std::function<bool(std::string_view part)>& take);

}  // namespace weft::mgmt
