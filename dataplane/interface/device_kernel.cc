#include "dataplane/interface/device_kernel.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/interface/interface_request.h"

namespace weft {

static tl::unexpected<Error> refused(const std::string& name, const std::string& what) {
  const int why = errno;
  const std::string hint = why == EPERM || why == EACCES ? "; run as root" : "";
  return fail("kernel interface " + name + ": " + what + ": " + std::strerror(why) + hint);
}

// Switches one ethtool feature off; devices that do not have it need no switching.
static void ethtool_off(int socket, const std::string& name, uint32_t get, uint32_t set,
                        uint32_t bits) {
  ethtool_value value{};
  value.cmd = get;
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (ioctl(socket, SIOCETHTOOL, &request) != 0 || (value.data & bits) == 0) return;
  value.cmd = set;
  value.data &= ~bits;
  ioctl(socket, SIOCETHTOOL, &request);
}

Result<void> set_kernel_mtu(const std::string& kernel_interface, uint32_t mtu_bytes) {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = request_for(kernel_interface);
  const bool set_already =
      ioctl(any, SIOCGIFMTU, &request) == 0 && request.ifr_mtu == static_cast<int>(mtu_bytes);
  request.ifr_mtu = static_cast<int>(mtu_bytes);
  Result<void> done;
  if (!set_already && ioctl(any, SIOCSIFMTU, &request) != 0) {
    done = refused(kernel_interface, fmt::format("cannot set its MTU to {} bytes", mtu_bytes));
  }
  close(any);
  return done;
}

KernelDevice::KernelDevice(std::string name, DeviceClaim claim)
    : name_(std::move(name)),
      claim_(std::move(claim)),
      socket_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {}

KernelDevice::KernelDevice(KernelDevice&& other) noexcept
    : name_(std::move(other.name_)),
      claim_(std::move(other.claim_)),
      socket_(std::exchange(other.socket_, -1)),
      ingress_drop_(std::move(other.ingress_drop_)) {}

KernelDevice::~KernelDevice() {
  if (socket_ >= 0) close(socket_);
}

Result<KernelDevice> KernelDevice::open(const std::string& name, const Setup& setup) {
  if (if_nametoindex(name.c_str()) == 0) {
    return fail("there is no kernel interface \"" + name + "\" (see: ip link)",
                Fault::operator_input);
  }
  auto claim = DeviceClaim::take("kernel interface " + name);
  if (!claim) return tl::unexpected(claim.error());
  KernelDevice device(name, std::move(*claim));
  if (device.socket_ < 0) return refused(name, "cannot open a packet socket");
  if (auto done = device.set_up(setup); !done) return tl::unexpected(done.error());
  return device;
}

Result<void> KernelDevice::set_up(const Setup& setup) {
  if (setup.keep_tags) {
    ethtool_off(socket_, name_, ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_RXVLAN);
  }
  if (setup.packet_socket) {
    ethtool_off(socket_, name_, ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_LRO);
    ethtool_off(socket_, name_, ETHTOOL_GGRO, ETHTOOL_SGRO, UINT32_MAX);
    auto drop = IngressDrop::start(name_);
    if (!drop) return tl::unexpected(drop.error());
    ingress_drop_ = std::make_unique<IngressDrop>(std::move(*drop));
  }
  if (auto done = set_kernel_mtu(name_, setup.mtu_bytes); !done) return done;
  if (auto done = bring_up(); !done) return done;
  return receive_all_multicast();
}

Result<void> KernelDevice::bring_up() {
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return refused(name_, "cannot read its flags");
  if ((request.ifr_flags & IFF_UP) != 0) return {};
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(socket_, SIOCSIFFLAGS, &request) != 0) return refused(name_, "cannot bring it up");
  return {};
}

// Neighbour discovery asks multicast addresses that only the twin knows of.
Result<void> KernelDevice::receive_all_multicast() {
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(if_nametoindex(name_.c_str()));
  membership.mr_type = PACKET_MR_ALLMULTI;
  if (setsockopt(socket_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) !=
      0) {
    return refused(name_, "cannot receive all multicast");
  }
  return {};
}

static uint32_t receive_queues_of(const std::string& name, int socket) {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  if (ioctl(socket, SIOCETHTOOL, &request) != 0) return 1;
  return std::max(1u, channels.rx_count + channels.combined_count);
}

uint32_t kernel_receive_queues(const std::string& kernel_interface) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const uint32_t queues = receive_queues_of(kernel_interface, socket);
  if (socket >= 0) close(socket);
  return queues;
}

uint32_t KernelDevice::receive_queues() const {
  return receive_queues_of(name_, socket_);
}

bool KernelDevice::link_up() const {
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return false;
  return (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

}  // namespace weft
