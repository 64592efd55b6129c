#include "mgmt/io/kept_connections.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace weft::mgmt {
namespace {

// A connection that ended, or on which something came unasked, is readable.
bool is_silent(beast::tcp_stream& stream) {
  char byte;
  const ssize_t bytes = recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::unique_ptr<ProbeConnection> KeptConnections::take(const asio::ip::tcp::endpoint& peer) {
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return nullptr;
  std::unique_ptr<ProbeConnection> connection = std::move(found->second->connection);
  kept_.erase(found->second);
  by_peer_.erase(found);
  return is_silent(connection->stream) ? std::move(connection) : nullptr;
}

void KeptConnections::keep(const asio::ip::tcp::endpoint& peer,
                           std::unique_ptr<ProbeConnection> connection, Instant until) {
  if (kept_max_ == 0 || by_peer_.contains(peer)) return;
  if (kept_.size() >= kept_max_) {
    by_peer_.erase(kept_.front().peer);
    kept_.pop_front();
  }
  by_peer_[peer] = kept_.insert(kept_.end(), Kept{peer, std::move(connection), until});
}

void KeptConnections::expire(Instant now) {
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const auto next = std::next(kept);
    if (kept->until <= now) {
      by_peer_.erase(kept->peer);
      kept_.erase(kept);
    }
    kept = next;
  }
}

}  // namespace weft::mgmt
