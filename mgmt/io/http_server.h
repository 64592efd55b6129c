// An HTTP/1.1 server for weftctl, Prometheus and load balancers' checks: few clients, whole
// messages. On the loop's thread only. Bounded whatever a client does: connections, bytes and time
// by HttpServerLimits; beyond them a client gets 408, 413, 431 or 503, or is cut off.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/io/http_message.h"

namespace weft::mgmt {

struct HttpServerLimits {
  uint32_t connections_max = 64;
  uint32_t header_bytes_max = 8192;
  uint32_t body_bytes_max = 65536;
  milliseconds idle_timeout_ms{60'000};      // between requests
  milliseconds request_timeout_ms{5'000};    // from the first byte of a request to its last
  milliseconds answer_timeout_ms{30'000};    // what the handler may take; then 503
  milliseconds response_timeout_ms{30'000};  // to send a response
};

class HttpServer {
 public:
  // On "127.0.0.1:9100" or "[::1]:9100"; L4 port 0 means any, see port().
  static Result<HttpServer> on_address(EventLoop& loop, const std::string& address,
                                       HttpHandler handler, HttpServerLimits limits = {});
  // On a unix socket that only its owner and the members of `group` (empty: nobody) may open. Makes
  // the folder; replaces the socket of a process that has ended; refuses one that is answered, and
  // a file that is no socket. The socket file is removed with the server.
  static Result<HttpServer> on_socket(EventLoop& loop, const std::string& path,
                                      const std::string& group, HttpHandler handler,
                                      HttpServerLimits limits = {});
  // Closes every connection; the handler is not called afterwards.
  ~HttpServer();
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;

  uint16_t port() const;  // of on_address
  uint32_t connections() const;

  struct State;
  explicit HttpServer(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft::mgmt
