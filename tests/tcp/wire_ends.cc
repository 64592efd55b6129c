#include "tests/tcp/wire_ends.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tests/tcp/stream_byte.h"

namespace weft::test {
namespace {

constexpr uint64_t write_bytes = 65'536;

be32 parse_address(const std::string& text) {
  return IpAddress::parse(text).value().v4();
}

sockaddr_in to_socket_address(Endpoint endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = endpoint.address.raw;
  address.sin_port = endpoint.port.raw;
  return address;
}

// What it sends by, whatever the machine's default is; accepted connections inherit it.
void use_cubic(int descriptor) {
  constexpr char name[] = "cubic";
  EXPECT_EQ(setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name, sizeof(name) - 1), 0)
      << std::strerror(errno);
}

int open_tun() {
  const int tun = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, "wire", IFNAMSIZ);
  EXPECT_EQ(ioctl(tun, TUNSETIFF, &request), 0) << std::strerror(errno);
  return tun;
}

}  // namespace

// ---- streams

std::vector<std::byte> Stream::next(uint64_t n) const {
  std::vector<std::byte> bytes(std::min(n, sends_bytes_ - sent_bytes_));
  for (uint64_t i = 0; i < bytes.size(); ++i) bytes[i] = stream_byte(sent_bytes_ + i);
  return bytes;
}

void Stream::read(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) intact_ = intact_ && byte == stream_byte(read_bytes_++);
}

// ---- a kernel

KernelHost::KernelHost(const std::string& address, const std::string& network)
    : address_(parse_address(address)) {
  const auto inside = namespace_.enter();
  tun_ = open_tun();
  namespace_.expect("ip addr add " + address + "/32 dev wire; ip link set wire up mtu 1500; " +
                    "ip route add " + network + " dev wire");
}

KernelHost::~KernelHost() {
  for (const Socket& socket : sockets_) ::close(socket.descriptor);
  if (listener_ >= 0) ::close(listener_);
  ::close(tun_);
}

void KernelHost::listen(uint16_t port, uint64_t sends_bytes) {
  const auto inside = namespace_.enter();
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  use_cubic(listener_);
  const sockaddr_in address = to_socket_address({address_, be16(port)});
  ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener_, 1024), 0);
  listener_sends_bytes_ = sends_bytes;
}

void KernelHost::connect(Endpoint to, uint64_t sends_bytes) {
  const auto inside = namespace_.enter();
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  use_cubic(descriptor);
  const sockaddr_in address = to_socket_address(to);
  ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  sockets_.push_back({descriptor, &new_stream(sends_bytes)});
}

void KernelHost::deliver(IpPacket packet, bool marked) {
  if (marked && (std::to_integer<uint8_t>(packet[1]) & 3) != 0) {
    packet[1] |= std::byte{3};
    store(&packet[10], be16(0));
    InternetSum sum;
    store(&packet[10], sum.add(std::span(packet).first(20)).checksum());
  }
  [[maybe_unused]] const auto written = ::write(tun_, packet.data(), packet.size());
}

void KernelHost::serve(Socket& socket) {
  std::array<std::byte, write_bytes> buffer;
  Stream& stream = *socket.stream;
  while (!stream.all_sent()) {
    const auto bytes = stream.next(write_bytes);
    const auto n = ::send(socket.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) break;
    stream.sent(static_cast<uint64_t>(n));
  }
  if (stream.all_sent() && !socket.shut_down) {
    socket.shut_down = ::shutdown(socket.descriptor, SHUT_WR) == 0;
  }
  while (!stream.finished()) {
    const auto n = ::recv(socket.descriptor, buffer.data(), buffer.size(), 0);
    if (n < 0) break;
    if (n == 0) stream.finish_reading();
    stream.read(std::span(buffer).first(static_cast<std::size_t>(n)));
  }
}

void KernelHost::poll(const std::function<void(IpPacket)>& send, Instant& wakes_at) {
  while (listener_ >= 0) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) break;
    sockets_.push_back({descriptor, &new_stream(listener_sends_bytes_)});
  }
  for (Socket& socket : sockets_) serve(socket);
  while (true) {
    IpPacket packet(2048);
    const auto n = ::read(tun_, packet.data(), packet.size());
    if (n <= 0) break;
    packet.resize(static_cast<std::size_t>(n));
    send(std::move(packet));
  }
  wakes_at = std::min(wakes_at, real_now() + milliseconds(2));  // sockets that become writable
}

// ---- our stack

StackHost::StackHost(const std::string& address, const TcpSettings& settings)
    : address_(parse_address(address)), settings_(settings) {}

Connection::Opening StackHost::opening() {
  ++opened_;
  return {.initial = Sequence(0xffff0000 + opened_ * 7777),
          .timestamp_offset = opened_ * 1234567,
          .mss_bytes = 1460};
}

void StackHost::listen(uint16_t port, uint64_t sends_bytes) {
  listens_at_ = port;
  listener_sends_bytes_ = sends_bytes;
}

void StackHost::connect(Endpoint to, uint64_t sends_bytes) {
  const Endpoint ours{address_, be16(next_port_++)};
  sockets_.push_back(std::make_unique<Socket>(Socket{
      ours, to, Connection::connect(settings_, opening(), real_now()), &new_stream(sends_bytes)}));
}

StackHost::Socket* StackHost::find(Endpoint ours, Endpoint theirs) {
  for (const auto& socket : sockets_) {
    if (socket->ours == ours && socket->theirs == theirs) return socket.get();
  }
  return nullptr;
}

void StackHost::deliver(IpPacket packet, bool marked) {
  auto received = parse_segment(packet);
  if (!received) return;
  const Instant now = real_now();
  SegmentIn& segment = received->segment;
  segment.congestion_experienced |= marked;
  Socket* socket = find(received->to, received->from);
  if (socket == nullptr && segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack) &&
      received->to.port.host() == listens_at_) {
    sockets_.push_back(std::make_unique<Socket>(
        Socket{received->to, received->from, Connection::accept(settings_, opening(), segment, now),
               &new_stream(listener_sends_bytes_)}));
    return;
  }
  const uint8_t events =
      socket == nullptr ? tcp_event::answer_reset : socket->connection.receive(segment, now);
  if ((events & tcp_event::answer_reset) == 0) return;
  if (const auto reset = reset_for(segment)) {
    replies_.push_back(build_segment(received->to, received->from, *reset, {}));
  }
}

void StackHost::serve(Socket& socket, Instant now) {
  Connection& connection = socket.connection;
  Stream& stream = *socket.stream;
  connection.expire(now);
  while (!stream.all_sent()) {
    const auto bytes = stream.next(std::min(connection.room_bytes(), write_bytes));
    if (bytes.empty()) break;
    Chain chain;
    chain.append(Slice::copy_of(bytes));
    connection.write(std::move(chain));
    stream.sent(bytes.size());
  }
  if (stream.all_sent()) connection.shut_down();
  const uint64_t n = connection.received().size();
  if (n > 0) {
    const Chain bytes = connection.read(n, now);
    for (uint32_t i = 0; i < bytes.slices(); ++i) stream.read(bytes.slice(i).bytes());
  }
  if (connection.peer_finished() && connection.received().empty()) stream.finish_reading();
}

void StackHost::poll(const std::function<void(IpPacket)>& send, Instant& wakes_at) {
  const Instant now = real_now();
  for (IpPacket& reply : replies_) send(std::move(reply));
  replies_.clear();
  for (const auto& socket : sockets_) {
    serve(*socket, now);
    while (const auto segment = socket->connection.next_segment(now)) {
      send(build_segment(socket->ours, socket->theirs, *segment, socket->connection.to_send()));
    }
    wakes_at = std::min(wakes_at, socket->connection.deadline());
  }
}

}  // namespace weft::test
