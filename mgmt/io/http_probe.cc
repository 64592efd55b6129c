#include "mgmt/io/http_probe.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

namespace weft::mgmt {

namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int interim_answers_max = 8;
constexpr unsigned status_request_timeout = 408;
constexpr unsigned status_switching_protocols = 101;

std::string host_header(const HealthSettings& health, const asio::ip::tcp::endpoint& service) {
  if (!health.host.empty()) return health.host;
  const std::string address = service.address().to_string();
  if (service.address().is_v6()) return fmt::format("[{}]:{}", address, service.port());
  return fmt::format("{}:{}", address, service.port());
}

std::string request_text(const HealthSettings& health, const asio::ip::tcp::endpoint& service) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: weft-health\r\nAccept: */*\r\n{}\r\n",
      health.path, host_header(health, service), health.reuse ? "" : "Connection: close\r\n");
}

}  // namespace

asio::awaitable<error_code> connect_probe(beast::tcp_stream& stream, ProbeEnds ends,
                                          ProbeDeadline deadline) {
  const asio::ip::tcp::endpoint& peer = ends.peer;
  error_code error;
  stream.socket().open(peer.protocol(), error);
  if (error) co_return error;
  stream.socket().set_option(asio::socket_base::linger(true, 0), error);
  // By bind the port is taken from all others; connect would share it between peers.
  if (ends.source) stream.socket().bind(*ends.source, error);
  if (error) co_return error;
  stream.expires_at(deadline);
  const auto [connect_error] = co_await stream.async_connect(peer, as_result);
  if (connect_error) co_return connect_error;
  // A free L4 port of this host that the kernel happens to choose as the source answers itself.
  if (stream.socket().local_endpoint(error) == peer) co_return asio::error::connection_refused;
  co_return error;
}

HttpProbe::HttpProbe(asio::io_context& context, const ProberLimits& limits,
                     const HealthSettings& health, ProbeEnds ends)
    : context_(context),
      limits_(limits),
      health_(health),
      ends_(std::move(ends)),
      deadline_(std::chrono::steady_clock::now() + health.timeout_ms),
      search_(health.body) {}

ProbeResult HttpProbe::failed(error_code error) const {
  return probe_failed(error, step_, health_.timeout_ms);
}

asio::awaitable<error_code> HttpProbe::connect() {
  step_ = ProbeStep::connecting;
  connection_ = std::make_unique<ProbeConnection>(context_);
  connection_->buffer.max_size(limits_.header_bytes_max);
  co_return co_await connect_probe(connection_->stream, ends_, deadline_);
}

asio::awaitable<error_code> HttpProbe::read_header() {
  for (int interim = 0; interim <= interim_answers_max; ++interim) {
    parser_.emplace();
    parser_->header_limit(limits_.header_bytes_max);
    parser_->body_limit(boost::none);  // read_body has its own
    const auto [error, bytes] = co_await http::async_read_header(
        connection_->stream, connection_->buffer, *parser_, as_result);
    if (parser_->got_some()) step_ = ProbeStep::in_header;
    if (error) co_return error;
    const unsigned status = parser_->get().result_int();
    if (status / 100 != 1 || status == status_switching_protocols) co_return error_code();
  }
  co_return http::error::bad_status;
}

asio::awaitable<error_code> HttpProbe::exchange() {
  step_ = ProbeStep::unanswered;
  connection_->stream.expires_at(deadline_);
  const std::string request = request_text(health_, ends_.service);
  const auto [error, bytes] =
      co_await asio::async_write(connection_->stream, asio::buffer(request), as_result);
  if (error) co_return error;
  co_return co_await read_header();
}

// Reads on until the body ends, or its limit, or what is looked for.
asio::awaitable<error_code> HttpProbe::read_body(bool until_found) {
  step_ = ProbeStep::in_body;
  while (!parser_->is_done() && body_bytes_ < limits_.body_bytes_max &&
         !(until_found && search_.found())) {
    http::buffer_body::value_type& body = parser_->get().body();
    body.data = piece_.data();
    body.size = std::min<std::size_t>(piece_.size(), limits_.body_bytes_max - body_bytes_);
    const std::size_t room = body.size;
    const auto [error, bytes] = co_await http::async_read_some(
        connection_->stream, connection_->buffer, *parser_, as_result);
    const std::size_t got = room - body.size;
    search_.add(std::string_view(piece_.data(), got));
    body_bytes_ += static_cast<uint32_t>(got);
    if (error && error != http::error::need_buffer) co_return error;
  }
  co_return error_code();
}

asio::awaitable<ProbeResult> HttpProbe::judge() {
  ProbeResult result = judge_status(parser_->get().result_int(), health_);
  if (!result.passed || search_.found()) co_return result;
  const error_code error = co_await read_body(true);
  if (search_.found()) co_return result;
  if (error) co_return failed(error);
  if (parser_->is_done()) {
    co_return ProbeResult{.why = fmt::format("body does not contain \"{}\"", health_.body)};
  }
  co_return ProbeResult{.why = fmt::format("first {} bytes of the body do not contain \"{}\"",
                                           body_bytes_, health_.body)};
}

// Of a kept connection: the other side had given it up before it saw the request, or says so.
bool HttpProbe::was_closed_before(error_code error) const {
  if (!error) return parser_->get().result_int() == status_request_timeout;
  return step_ == ProbeStep::unanswered && error != beast::error::timeout;
}

asio::awaitable<ProbeResult> HttpProbe::run(std::unique_ptr<ProbeConnection> kept) {
  error_code error;
  if (kept) {
    connection_ = std::move(kept);
    error = co_await exchange();
  }
  if (!connection_ || was_closed_before(error)) {
    error = co_await connect();
    if (!error) error = co_await exchange();
  }
  if (error) co_return failed(error);
  co_return co_await judge();
}

asio::awaitable<std::unique_ptr<ProbeConnection>> HttpProbe::finish() {
  if (!health_.reuse || !parser_ || !parser_->is_header_done()) co_return nullptr;
  const error_code error = co_await read_body(false);
  const bool whole = !error && parser_->is_done() && connection_->buffer.size() == 0;
  if (!whole || !parser_->keep_alive() ||
      parser_->get().result_int() == status_switching_protocols) {
    co_return nullptr;
  }
  connection_->stream.expires_never();
  co_return std::move(connection_);
}

}  // namespace weft::mgmt
