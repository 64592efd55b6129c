#include "mgmt/kernel/netlink_events.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weft::mgmt {

static constexpr int receive_buffer_bytes = 1 << 20;

Result<NetlinkEvents> NetlinkEvents::open() {
  NetlinkEvents events(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_NEIGH |
                      RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  setsockopt(events.socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
             sizeof(receive_buffer_bytes));
  if (bind(events.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fail(std::string("cannot listen to the kernel by netlink: ") + std::strerror(errno));
  }
  return events;
}

NetlinkEvents::NetlinkEvents(NetlinkEvents&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

NetlinkEvents::~NetlinkEvents() {
  if (socket_ >= 0) close(socket_);
}

static bool is_followed(uint32_t table) {
  return table == RT_TABLE_MAIN || table == RT_TABLE_DEFAULT;
}

static void note(const nlmsghdr* message, const std::function<bool(int)>& is_ours,
                 Changed& changed) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      // A twin may be new, so every interface counts. Routes that go with a link go silently.
      changed.links = changed.neighbours = changed.routes = true;
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const auto* header = static_cast<const ifaddrmsg*>(NLMSG_DATA(message));
      const bool ours = is_ours(static_cast<int>(header->ifa_index));
      changed.addresses |= ours;
      changed.routes |= ours;
      break;
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      changed.neighbours |= is_ours(static_cast<const ndmsg*>(NLMSG_DATA(message))->ndm_ifindex);
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      changed.routes |= is_followed(static_cast<const rtmsg*>(NLMSG_DATA(message))->rtm_table);
      break;
    default:
      break;
  }
}

Changed NetlinkEvents::take(const std::function<bool(int)>& is_ours) const {
  Changed changed;
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  for (;;) {
    const ssize_t n = recv(socket_, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == ENOBUFS) {
      changed = Changed::everything();
      continue;
    }
    if (n <= 0) return changed;
    auto left = static_cast<uint32_t>(n);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      note(message, is_ours, changed);
    }
  }
}

}  // namespace weft::mgmt
