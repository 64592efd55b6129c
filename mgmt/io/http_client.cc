#include "mgmt/io/http_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "mgmt/io/socket_address.h"

namespace weft::mgmt {
namespace {

namespace http = boost::beast::http;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds parts_patience{100};

// A connected socket whose calls end with the deadline.
class Connection {
 public:
  Connection(std::string path, milliseconds timeout)
      : path_(std::move(path)), timeout_(timeout), deadline_(SteadyClock::now() + timeout) {}
  ~Connection() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open();
  Result<void> send(std::string_view bytes);
  Result<std::string> receive_all();
  // What has arrived, after waiting for it no longer than `patience`: nothing yet, or the end as
  // an empty text.
  Result<std::optional<std::string>> receive_some(milliseconds patience);
  bool late() const { return SteadyClock::now() > deadline_; }
  tl::unexpected<Error> no_answer() const {
    return fail(
        fmt::format("the gateway on {} does not answer within {} ms", path_, timeout_.count()),
        Fault::environment, true);
  }

 private:
  Result<void> wait_for(short events);
  tl::unexpected<Error> broken() const {
    return fail(fmt::format("the gateway on {} broke off: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  milliseconds timeout_;
  SteadyClock::time_point deadline_;
  int descriptor_ = -1;
};

Result<void> Connection::open() {
  const std::optional<SocketAddress> address = socket_address(path_);
  if (!address) {
    return fail(fmt::format("socket path \"{}\" is empty or longer than 107 bytes", path_),
                Fault::operator_input);
  }
  descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connect(descriptor_, address->raw(), address->bytes) == 0) return {};
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
      return fail(fmt::format("no gateway listens on {}: is weftd running?", path_));
    case EACCES:
      return fail(fmt::format("permission denied on {}: only root and the members of the "
                              "configured group (admin.group) may open it",
                              path_),
                  Fault::operator_input);
    case EAGAIN:
      return fail(fmt::format("the gateway on {} takes no more connections now", path_),
                  Fault::environment, true);
    default:
      return fail(fmt::format("cannot connect to {}: {}", path_, std::strerror(errno)));
  }
}

Result<void> Connection::wait_for(short events) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now()).count();
  pollfd wanted{descriptor_, events, 0};
  if (left > 0 && poll(&wanted, 1, static_cast<int>(left)) > 0) return {};
  return no_answer();
}

Result<void> Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto ready = wait_for(POLLOUT); !ready) return ready;
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return broken();
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> Connection::receive_all() {
  std::string received;
  std::array<char, 65536> chunk;
  while (received.size() < client_response_bytes_max) {
    if (auto ready = wait_for(POLLIN); !ready) return tl::unexpected(ready.error());
    const ssize_t bytes = recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (bytes == 0) return received;
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) return broken();
    if (bytes > 0) received.append(chunk.data(), static_cast<std::size_t>(bytes));
  }
  return fail(fmt::format("the answer on {} does not end", path_));
}

Result<std::optional<std::string>> Connection::receive_some(milliseconds patience) {
  pollfd wanted{descriptor_, POLLIN, 0};
  if (poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  std::string chunk(65536, '\0');
  const ssize_t bytes = recv(descriptor_, chunk.data(), chunk.size(), 0);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (bytes < 0) return broken();
  chunk.resize(static_cast<std::size_t>(bytes));
  return chunk;
}

using Parser = http::response_parser<http::string_body>;

tl::unexpected<Error> no_gateway(const std::string& path, boost::system::error_code error) {
  return fail(fmt::format("what answers on {} is no gateway: {}", path,
                          error ? error.message() : "its answer is cut short"));
}

HttpResponse response_of(Parser& parser) {
  http::response<http::string_body> message = parser.release();
  HttpResponse response;
  response.status = message.result_int();
  response.content_type = message[http::field::content_type];
  response.body = std::move(message.body());
  return response;
}

std::string text_of(const HttpRequest& request) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
      request.method, request.target, request.body.size(), request.body);
}

Result<HttpResponse> parse(const std::string& path, const std::string& received) {
  Parser parser;
  parser.body_limit(boost::none);
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(received), error);
  if (!error && !parser.is_done()) parser.put_eof(error);
  if (error || !parser.is_done()) return no_gateway(path, error);
  return response_of(parser);
}

}  // namespace

Result<HttpResponse> ask_over_socket(const std::string& path, const HttpRequest& request,
                                     milliseconds timeout_ms) {
  Connection connection(path, timeout_ms);
  if (auto done = connection.open(); !done) return tl::unexpected(done.error());
  if (auto done = connection.send(text_of(request)); !done) return tl::unexpected(done.error());
  const Result<std::string> received = connection.receive_all();
  if (!received) return tl::unexpected(received.error());
  return parse(path, *received);
}

Result<HttpResponse> take_over_socket(const std::string& path, const HttpRequest& request,
                                      milliseconds timeout_ms,
                                      const std::function<bool(std::string_view part)>& take) {
  Connection connection(path, timeout_ms);
  if (auto done = connection.open(); !done) return tl::unexpected(done.error());
  if (auto done = connection.send(text_of(request)); !done) return tl::unexpected(done.error());
  Parser parser;
  parser.body_limit(boost::none);
  parser.eager(true);
  std::string received;
  bool began = false;
  for (;;) {
    const auto more = connection.receive_some(parts_patience);
    if (!more) return tl::unexpected(more.error());
    if (!*more && !began && connection.late()) return connection.no_answer();
    began |= more->has_value();
    received += more->value_or("");
    boost::system::error_code error;
    received.erase(0, parser.put(boost::asio::buffer(received), error));
    if (error == http::error::need_more) error = {};
    if (!error && *more && (*more)->empty() && !parser.is_done()) parser.put_eof(error);
    const bool parts = parser.is_header_done() && parser.get().result() == http::status::ok;
    const std::string part = parts ? std::exchange(parser.get().body(), {}) : "";
    const bool goes_on = take(part);
    if (error) return no_gateway(path, error);
    if (parser.is_done() || !goes_on) return response_of(parser);
  }
}

}  // namespace weft::mgmt
