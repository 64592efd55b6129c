#include "tests/packet_socket.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <system_error>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"

namespace weft {

PacketSocket::PacketSocket(const NetworkNamespace& at, const std::string& interface) {
  const auto inside = at.enter();
  socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = be16(ETH_P_ALL).raw;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  CHECK(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const int on = 1;
  CHECK(setsockopt(socket_, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) == 0);
  CHECK(setsockopt(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) == 0);
}

PacketSocket::~PacketSocket() {
  close(socket_);
}

void PacketSocket::send(const Frame& frame) {
  const ssize_t sent = ::send(socket_, frame.data(), frame.size(), 0);
  if (sent < 0) throw std::system_error(errno, std::generic_category(), "packet socket");
}

// The kernel takes the tag out and hands it over beside the frame.
static void put_tag_back(Frame& frame, msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata beside{};
    std::memcpy(&beside, CMSG_DATA(c), sizeof(beside));
    if ((beside.tp_status & TP_STATUS_VLAN_VALID) == 0) continue;
    std::array<std::byte, 4> tag{};
    store(tag.data(), be16(beside.tp_vlan_tpid));
    store(tag.data() + 2, be16(beside.tp_vlan_tci));
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  }
}

Frame PacketSocket::receive(const std::function<bool(const Frame&)>& wanted) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  for (auto now = Clock::now(); now < deadline; now = Clock::now()) {
    Frame frame(65536);
    std::array<std::byte, 256> control{};
    iovec piece = {.iov_base = frame.data(), .iov_len = frame.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = recvmsg(socket_, &message, 0);
    if (n < 0) {
      pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
      poll(&waiting, 1, 100);
      continue;
    }
    frame.resize(static_cast<std::size_t>(n));
    put_tag_back(frame, message);
    if (wanted(frame)) return frame;
  }
  return {};
}

}  // namespace weft
