#include "mgmt/io/http_session.h"

#include <sys/socket.h>

#include <cerrno>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <utility>

namespace weft::mgmt {

namespace http = beast::http;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 4096;
constexpr std::size_t farewell_bytes_max = 1u << 20;
constexpr milliseconds parts_interval_ms{20};

using Parser = http::request_parser<http::string_body>;

// In the set of open connections for as long as it serves.
class Place {
 public:
  Place(HttpSessions& sessions, HttpStream& stream) : sessions_(sessions), stream_(stream) {
    sessions_.open.insert(&stream_);
  }
  ~Place() { sessions_.open.erase(&stream_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  HttpSessions& sessions_;
  HttpStream& stream_;
};

// What a request that cannot be read is answered with; nothing when nobody listens any more.
std::optional<HttpResponse> refusal(boost::system::error_code error) {
  const auto answer = [](unsigned status, const char* text) {
    return HttpResponse{.status = status, .body = text};
  };
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return answer(431, "request header too large\n");
  }
  if (error == http::error::body_limit) return answer(413, "request body too large\n");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  const boost::system::error_code any_http = http::error::bad_method;
  if (error.category() == any_http.category()) return answer(400, "not an HTTP request\n");
  return {};
}

// The handler's answer, which may come later and from any thread.
struct Answer {
  explicit Answer(HttpSessions& sessions) : arrived(sessions.loop.parts().context) {
    arrived.expires_after(sessions.limits.answer_timeout_ms);
  }
  asio::steady_timer arrived;  // cancelled by the answer
  std::optional<HttpResponse> response;
};

HttpRespond responder(HttpSessions& sessions, const std::shared_ptr<Answer>& answer) {
  return [&loop = sessions.loop, weak = std::weak_ptr(answer)](HttpResponse response) {
    loop.post([weak, response = std::move(response)]() mutable {
      const std::shared_ptr<Answer> waiting = weak.lock();
      if (!waiting || waiting->response) return;
      waiting->response = std::move(response);
      waiting->arrived.cancel();
    });
  };
}

asio::awaitable<HttpResponse> handle(HttpSessions& sessions, const HttpRequest& request) {
  const auto answer = std::make_shared<Answer>(sessions);
  sessions.handler(request, responder(sessions, answer));
  co_await answer->arrived.async_wait(as_result);
  if (!answer->response) co_return HttpResponse{.status = 503, .body = "no answer in time\n"};
  co_return std::move(*answer->response);
}

template <class Message>
void fill(Message& message, const HttpResponse& response, bool keep_alive) {
  message.result(response.status);
  message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.content_length(response.body.size());
  message.keep_alive(keep_alive);
}

// False when the connection is of no more use.
asio::awaitable<bool> send(HttpStream& stream, HttpResponse response, bool without_body,
                           bool keep_alive) {
  if (without_body) {
    http::response<http::empty_body> message;
    fill(message, response, keep_alive);
    const auto [error, bytes] = co_await http::async_write(stream, message, as_result);
    co_return !error && keep_alive;
  }
  http::response<http::string_body> message;
  fill(message, response, keep_alive);
  message.body() = std::move(response.body);
  const auto [error, bytes] = co_await http::async_write(stream, message, as_result);
  co_return !error && keep_alive;
}

asio::awaitable<boost::system::error_code> send_chunk(HttpStream& stream, std::string_view bytes) {
  const auto [error, sent] = co_await asio::async_write(
      stream, http::make_chunk(asio::buffer(bytes.data(), bytes.size())), as_result);
  co_return error;
}

asio::awaitable<boost::system::error_code> send_last_chunk(HttpStream& stream) {
  const auto [error, sent] = co_await asio::async_write(stream, http::make_chunk_last(), as_result);
  co_return error;
}

// Whether the client has ended its side: who takes a response in parts has nothing more to ask.
bool has_gone(HttpStream& stream) {
  char byte;
  const ssize_t read = recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return read == 0 || (read < 0 && errno != EAGAIN && errno != EINTR);
}

// Chunk by chunk, while there are any and the client is there: who closes a capture ends it.
asio::awaitable<void> send_parts(HttpSessions& sessions, HttpStream& stream,
                                 HttpResponse response) {
  http::response<http::empty_body> message;
  message.result(response.status);
  message.set(http::field::content_type, response.content_type);
  message.chunked(true);
  message.keep_alive(false);
  http::response_serializer<http::empty_body> head(message);
  const auto [refused, head_bytes] = co_await http::async_write_header(stream, head, as_result);
  if (refused) co_return;
  asio::steady_timer pause(sessions.loop.parts().context);
  while (sessions.running && !has_gone(stream)) {
    const std::optional<std::string> part = response.parts();
    const std::string_view bytes = part ? std::string_view(*part) : std::string_view();
    if (part && bytes.empty()) {
      pause.expires_after(parts_interval_ms);
      co_await pause.async_wait(as_result);
      continue;
    }
    stream.expires_after(sessions.limits.response_timeout_ms);
    const auto error = part ? co_await send_chunk(stream, bytes) : co_await send_last_chunk(stream);
    stream.expires_never();
    if (!part || error) co_return;
  }
}

// Ends our side and reads what the client still sends, for a moment: closing with bytes unread
// would reset the connection, and with it the response on its way.
asio::awaitable<void> say_farewell(HttpStream& stream) {
  boost::system::error_code ignored;
  stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream.expires_after(seconds(1));
  std::array<char, read_bytes> rest;
  for (std::size_t total = 0; total < farewell_bytes_max;) {
    const auto [error, bytes] = co_await stream.async_read_some(asio::buffer(rest), as_result);
    if (error) break;
    total += bytes;
  }
}

std::optional<uint32_t> user_id_of(HttpStream& stream) {
  ucred client{};
  socklen_t bytes = sizeof(client);
  const int descriptor = stream.socket().native_handle();
  // A TCP socket has no client to name: the kernel says user -1 of it, or nothing.
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &client, &bytes) != 0) return {};
  if (client.uid == static_cast<uid_t>(-1)) return {};
  return client.uid;
}

// Reads one request. Waiting for its first byte may take longer than the request itself.
asio::awaitable<boost::system::error_code> receive(HttpStream& stream, beast::flat_buffer& buffer,
                                                   const HttpServerLimits& limits, Parser& parser) {
  if (buffer.size() == 0) {
    stream.expires_after(limits.idle_timeout_ms);
    const auto [error, bytes] =
        co_await stream.async_read_some(buffer.prepare(read_bytes), as_result);
    if (error) co_return error;
    buffer.commit(bytes);
  }
  parser.header_limit(limits.header_bytes_max);
  parser.body_limit(limits.body_bytes_max);
  stream.expires_after(limits.request_timeout_ms);
  const auto [error, bytes] = co_await http::async_read(stream, buffer, parser, as_result);
  co_return error;
}

}  // namespace

void HttpSessions::end_all() {
  running = false;
  handler = nullptr;
  for (HttpStream* stream : open) stream->close();
}

asio::awaitable<void> serve(std::shared_ptr<HttpSessions> sessions, HttpStream stream) {
  const Place place(*sessions, stream);
  const HttpServerLimits& limits = sessions->limits;
  const std::optional<uint32_t> user_id = user_id_of(stream);
  beast::flat_buffer buffer(limits.header_bytes_max + read_bytes);
  for (;;) {
    Parser parser;
    const boost::system::error_code error = co_await receive(stream, buffer, limits, parser);
    if (!sessions->running) co_return;
    stream.expires_after(limits.response_timeout_ms);
    if (error) {
      std::optional<HttpResponse> refused = refusal(error);
      if (!refused) co_return;
      co_await send(stream, std::move(*refused), false, false);
      break;
    }
    http::request<http::string_body> message = parser.release();
    const HttpRequest request{std::string(message.method_string()), std::string(message.target()),
                              std::move(message.body()), user_id};
    HttpResponse response = co_await handle(*sessions, request);
    if (!sessions->running) co_return;
    stream.expires_after(limits.response_timeout_ms);
    const bool head = message.method() == http::verb::head;
    if (response.parts) {
      co_await send_parts(*sessions, stream, std::move(response));
      break;
    }
    if (!co_await send(stream, std::move(response), head, message.keep_alive())) break;
  }
  if (sessions->running) co_await say_farewell(stream);
}

}  // namespace weft::mgmt
