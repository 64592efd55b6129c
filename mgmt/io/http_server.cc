#include "mgmt/io/http_server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <string_view>
#include <utility>

#include "mgmt/io/event_loop_parts.h"
#include "mgmt/io/http_session.h"
#include "mgmt/io/listen_socket.h"

namespace weft::mgmt {

using StreamProtocol = asio::generic::stream_protocol;

struct HttpServer::State {
  ListenSocket socket;
  asio::basic_socket_acceptor<StreamProtocol> acceptor;
  asio::steady_timer retry;
  std::shared_ptr<HttpSessions> sessions;
};

namespace {

constexpr milliseconds accept_retry_ms{100};

// More connections than allowed: says so if that can be done at once, and closes.
void turn_away(StreamProtocol::socket socket) {
  static constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 21\r\n\r\n"
      "too many connections\n";
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.send(asio::buffer(answer), 0, ignored);
}

void admit(const std::shared_ptr<HttpSessions>& sessions, StreamProtocol::socket socket) {
  if (sessions->open.size() >= sessions->limits.connections_max) {
    return turn_away(std::move(socket));
  }
  const auto executor = sessions->loop.parts().context.get_executor();
  asio::co_spawn(executor, serve(sessions, HttpStream(std::move(socket))),
                 [](std::exception_ptr error) {
                   if (error) std::rethrow_exception(error);
                 });
}

void accept_next(const std::shared_ptr<HttpServer::State>& state) {
  const std::weak_ptr weak = state;
  state->acceptor.async_accept(
      [weak](boost::system::error_code error, StreamProtocol::socket socket) {
        const std::shared_ptr<HttpServer::State> locked = weak.lock();
        if (!locked || error == asio::error::operation_aborted) return;
        if (!error) {
          admit(locked->sessions, std::move(socket));
          return accept_next(locked);
        }
        // Out of descriptors, most likely: trying again at once would only burn the loop.
        locked->retry.expires_after(accept_retry_ms);
        locked->retry.async_wait([weak](boost::system::error_code) {
          if (const std::shared_ptr<HttpServer::State> again = weak.lock()) accept_next(again);
        });
      });
}

void end(HttpServer::State& state) {
  boost::system::error_code ignored;
  state.acceptor.release(ignored);  // the descriptor is the ListenSocket's
  state.sessions->end_all();
}

HttpServer serve_on(EventLoop& loop, ListenSocket socket, HttpHandler handler,
                    HttpServerLimits limits) {
  asio::io_context& context = loop.parts().context;
  const StreamProtocol protocol(socket.family(), 0);
  const int descriptor = socket.descriptor();
  const std::shared_ptr<HttpServer::State> state(new HttpServer::State{
      std::move(socket), asio::basic_socket_acceptor<StreamProtocol>(context, protocol, descriptor),
      asio::steady_timer(context),
      std::make_shared<HttpSessions>(HttpSessions{loop, std::move(handler), limits})});
  accept_next(state);
  return HttpServer(state);
}

}  // namespace

Result<HttpServer> HttpServer::on_address(EventLoop& loop, const std::string& address,
                                          HttpHandler handler, HttpServerLimits limits) {
  Result<ListenSocket> socket = ListenSocket::on_address(address);
  if (!socket) return tl::unexpected(socket.error());
  return serve_on(loop, std::move(*socket), std::move(handler), limits);
}

Result<HttpServer> HttpServer::on_socket(EventLoop& loop, const std::string& path,
                                         const std::string& group, HttpHandler handler,
                                         HttpServerLimits limits) {
  Result<ListenSocket> socket = ListenSocket::on_path(path, group);
  if (!socket) return tl::unexpected(socket.error());
  return serve_on(loop, std::move(*socket), std::move(handler), limits);
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  if (state_) end(*state_);
}

HttpServer::HttpServer(HttpServer&&) noexcept = default;

HttpServer& HttpServer::operator=(HttpServer&& other) noexcept {
  if (state_) end(*state_);
  state_ = std::move(other.state_);
  return *this;
}

uint16_t HttpServer::port() const {
  return state_->socket.port();
}

uint32_t HttpServer::connections() const {
  return static_cast<uint32_t>(state_->sessions->open.size());
}

}  // namespace weft::mgmt
