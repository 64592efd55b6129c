// Probe connections kept for the next probe of the same address and L4 port: at most one each, so
// many in all, each for so long. For the files of mgmt/io.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "dataplane/base/clock.h"
#include "mgmt/io/event_loop_parts.h"

namespace weft::mgmt {

namespace beast = boost::beast;

struct ProbeConnection {
  explicit ProbeConnection(asio::io_context& context) : stream(context) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
};

class KeptConnections {
 public:
  explicit KeptConnections(uint32_t kept_max) : kept_max_(kept_max) {}

  // Nothing, or a connection that was open and silent a moment ago.
  std::unique_ptr<ProbeConnection> take(const asio::ip::tcp::endpoint& peer);
  // Requires: nothing is unread, or will arrive unasked.
  void keep(const asio::ip::tcp::endpoint& peer, std::unique_ptr<ProbeConnection> connection,
            Instant until);
  // Closes those whose time has passed.
  void expire(Instant now);
  uint32_t size() const { return static_cast<uint32_t>(kept_.size()); }

 private:
  struct Kept {
    asio::ip::tcp::endpoint peer;
    std::unique_ptr<ProbeConnection> connection;
    Instant until;
  };

  uint32_t kept_max_;
  std::list<Kept> kept_;  // the longest kept first
  std::map<asio::ip::tcp::endpoint, std::list<Kept>::iterator> by_peer_;
};

}  // namespace weft::mgmt
