// One connection of the HttpServer, from its first byte to its last. For the files of mgmt/io.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <memory>
#include <set>

#include "mgmt/io/event_loop_parts.h"
#include "mgmt/io/http_server.h"

namespace weft::mgmt {

namespace beast = boost::beast;
using HttpStream = beast::basic_stream<asio::generic::stream_protocol>;

// What the connections of one server share. They may outlive the server: `running` is false then.
struct HttpSessions {
  EventLoop& loop;
  HttpHandler handler;
  HttpServerLimits limits;
  std::set<HttpStream*> open;
  bool running = true;

  void end_all();
};

asio::awaitable<void> serve(std::shared_ptr<HttpSessions> sessions, HttpStream stream);

}  // namespace weft::mgmt
