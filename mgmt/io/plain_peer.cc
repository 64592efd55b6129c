#include "mgmt/io/plain_peer.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/io/socket_address.h"

namespace weft::mgmt {
namespace {

constexpr int patience_ms = 10'000;
const IpAddress loopback = *IpAddress::parse("127.0.0.1");

bool comes(int descriptor, short events) {
  pollfd wanted{descriptor, events, 0};
  return poll(&wanted, 1, patience_ms) > 0;
}

int connected(const SocketAddress& address) {
  const int descriptor = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(descriptor >= 0);
  if (connect(descriptor, address.raw(), address.bytes) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

}  // namespace

PlainConnection::PlainConnection(int descriptor) : descriptor_(descriptor) {}

PlainConnection PlainConnection::to_port(uint16_t port) {
  return PlainConnection(connected(socket_address(loopback, port)));
}

PlainConnection PlainConnection::begin_to_port(uint16_t port) {
  const SocketAddress address = socket_address(loopback, port);
  const int descriptor = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  CHECK(connect(descriptor, address.raw(), address.bytes) == 0 || errno == EINPROGRESS);
  return PlainConnection(descriptor);
}

PlainConnection PlainConnection::to_path(const std::string& path) {
  return PlainConnection(connected(*socket_address(path)));
}

PlainConnection::~PlainConnection() {
  close();
}

PlainConnection::PlainConnection(PlainConnection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

PlainConnection& PlainConnection::operator=(PlainConnection&& other) noexcept {
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

bool PlainConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string PlainConnection::read_some() {
  std::array<char, 65536> chunk;
  if (!comes(descriptor_, POLLIN)) return {};
  const ssize_t bytes = recv(descriptor_, chunk.data(), chunk.size(), 0);
  return bytes > 0 ? std::string(chunk.data(), static_cast<std::size_t>(bytes)) : std::string();
}

std::string PlainConnection::read_until(std::string_view mark) {
  std::string all;
  while (all.find(mark) == std::string::npos) {
    const std::string some = read_some();
    if (some.empty()) break;
    all += some;
  }
  return all;
}

std::string PlainConnection::read_all() {
  std::string all;
  for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
  return all;
}

bool PlainConnection::was_reset() {
  std::array<char, 4096> chunk;
  for (;;) {
    if (!comes(descriptor_, POLLIN)) return false;
    const ssize_t bytes = recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (bytes <= 0) return bytes < 0 && errno == ECONNRESET;
  }
}

void PlainConnection::close_write() {
  shutdown(descriptor_, SHUT_WR);
}

void PlainConnection::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

PlainListener::PlainListener()
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port_(0) {
  const SocketAddress any = socket_address(loopback, 0);
  CHECK(bind(descriptor_, any.raw(), any.bytes) == 0 && listen(descriptor_, 64) == 0);
  sockaddr_in bound{};
  socklen_t bytes = sizeof bound;
  CHECK(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound), &bytes) == 0);
  port_ = be16::from_raw(bound.sin_port).host();
}

PlainListener::~PlainListener() {
  ::close(descriptor_);
}

PlainConnection PlainListener::accept() {
  if (!comes(descriptor_, POLLIN)) return PlainConnection(-1);
  return PlainConnection(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC));
}

bool PlainListener::has_caller() {
  pollfd wanted{descriptor_, POLLIN, 0};
  return poll(&wanted, 1, 0) > 0;
}

void PlainListener::close() {
  shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace weft::mgmt
