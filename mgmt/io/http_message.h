// A request and its response as the admin interface sees them: whole, in memory, or a response in
// parts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::mgmt {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path, and the query if there is one
  std::string body;
  std::optional<uint32_t> user_id;  // of the client on a unix socket, as the kernel says
};

// A body that comes in parts: called on the loop's thread about fifty times a second, until it
// gives nothing. An empty part: there is none yet.
using HttpParts = std::function<std::optional<std::string>()>;

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides type and length
  HttpParts parts;  // instead of `body` if there is one; let go of when the client has gone
};

// Gives the response, at once or later, from any thread. Only the first call counts; a client that
// has gone by then is no error.
using HttpRespond = std::function<void(HttpResponse)>;

// Called on the loop's thread. HEAD arrives as it is; the server leaves the body out.
using HttpHandler = std::function<void(const HttpRequest&, HttpRespond)>;

}  // namespace weft::mgmt
