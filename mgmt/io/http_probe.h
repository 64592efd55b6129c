// One HTTP probe, from the connection it takes or makes to the one it leaves. For the files of
// mgmt/io.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "mgmt/io/kept_connections.h"
#include "mgmt/io/probe_why.h"
#include "mgmt/io/prober.h"
#include "mgmt/io/text_search.h"

namespace weft::mgmt {

using ProbeDeadline = std::chrono::steady_clock::time_point;

struct ProbeEnds {
  std::optional<asio::ip::tcp::endpoint> source;  // with port 0; absent: as the kernel chooses
  asio::ip::tcp::endpoint peer;
  asio::ip::tcp::endpoint service;  // as the Host header has it
};

// A new connection that ends by reset. On failure the stream is closed.
asio::awaitable<boost::system::error_code> connect_probe(beast::tcp_stream& stream, ProbeEnds ends,
                                                         ProbeDeadline deadline);

class HttpProbe {
 public:
  HttpProbe(asio::io_context& context, const ProberLimits& limits, const HealthSettings& health,
            ProbeEnds ends);

  // Asks on `kept` if there is one, on a new connection otherwise or when `kept` turns out closed.
  asio::awaitable<ProbeResult> run(std::unique_ptr<ProbeConnection> kept);
  // After run(): reads what is left of the answer. Gives the connection if it may be used again.
  asio::awaitable<std::unique_ptr<ProbeConnection>> finish();

 private:
  using Parser = beast::http::response_parser<beast::http::buffer_body>;

  asio::awaitable<boost::system::error_code> connect();
  asio::awaitable<boost::system::error_code> exchange();
  asio::awaitable<boost::system::error_code> read_header();
  asio::awaitable<boost::system::error_code> read_body(bool until_found);
  asio::awaitable<ProbeResult> judge();
  ProbeResult failed(boost::system::error_code error) const;
  bool was_closed_before(boost::system::error_code error) const;

  asio::io_context& context_;
  const ProberLimits& limits_;
  const HealthSettings& health_;
  ProbeEnds ends_;
  ProbeDeadline deadline_;
  std::unique_ptr<ProbeConnection> connection_;
  std::optional<Parser> parser_;
  TextSearch search_;
  ProbeStep step_ = ProbeStep::connecting;
  uint32_t body_bytes_ = 0;
  std::array<char, 4096> piece_;
};

}  // namespace weft::mgmt
