#include "mgmt/io/datagram_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weft::mgmt {

// Between two looks at anything else.
static constexpr int datagrams_at_once_max = 256;
// Peers tell of many flows in a moment.
static constexpr int receive_buffer_bytes = 4 << 20;

static AddressAndPort address_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    return {IpAddress::v4(be32::from_raw(in.sin_addr.s_addr)), be16::from_raw(in.sin_port).host()};
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &storage, sizeof in);
  return {IpAddress::v6(reinterpret_cast<const std::byte*>(&in.sin6_addr)),
          be16::from_raw(in.sin6_port).host()};
}

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::open(EventLoop& loop,
                                                             const std::string& address,
                                                             OnDatagram on_datagram) {
  const std::optional<AddressAndPort> own = parse_address_and_port(address);
  if (!own) return fail("\"" + address + "\" is no IP address and port", Fault::operator_input);
  const SocketAddress at = socket_address(own->address, own->port);
  const auto failed = [&](int descriptor) {
    const std::string why = std::strerror(errno);
    if (descriptor >= 0) close(descriptor);
    return fail("cannot hear datagrams on " + address + ": " + why);
  };
  const int descriptor = socket(at.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failed(descriptor);
  const int on = 1;
  const bool v4 = at.family() == AF_INET;
  setsockopt(descriptor, v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6},
             v4 ? int{IP_FREEBIND} : int{IPV6_FREEBIND}, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  if (bind(descriptor, at.raw(), at.bytes) != 0) return failed(descriptor);
  sockaddr_storage bound{};
  socklen_t bytes = sizeof bound;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &bytes) != 0) {
    return failed(descriptor);
  }
  return std::unique_ptr<DatagramSocket>(
      new DatagramSocket(loop, descriptor, address_of(bound).port, std::move(on_datagram)));
}

DatagramSocket::DatagramSocket(EventLoop& loop, int descriptor, uint16_t port,
                               OnDatagram on_datagram)
    : descriptor_(descriptor),
      port_(port),
      on_datagram_(std::move(on_datagram)),
      watch_(loop, descriptor, [this] { receive(); }) {}

DatagramSocket::~DatagramSocket() {
  { const ReadableWatch ends_first = std::move(watch_); }
  close(descriptor_);
}

bool DatagramSocket::send(const AddressAndPort& to, std::span<const std::byte> datagram) {
  const SocketAddress there = socket_address(to.address, to.port);
  const ssize_t sent =
      sendto(descriptor_, datagram.data(), datagram.size(), 0, there.raw(), there.bytes);
  return sent == static_cast<ssize_t>(datagram.size());
}

void DatagramSocket::receive() {
  std::array<std::byte, datagram_bytes_max> datagram;
  for (int n = 0; n < datagrams_at_once_max; ++n) {
    sockaddr_storage from{};
    socklen_t from_bytes = sizeof from;
    const ssize_t bytes = recvfrom(descriptor_, datagram.data(), datagram.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_bytes);
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (bytes < 0) continue;  // an ICMP error about what was sent
    on_datagram_(address_of(from), std::span(datagram).first(static_cast<std::size_t>(bytes)));
  }
}

}  // namespace weft::mgmt
