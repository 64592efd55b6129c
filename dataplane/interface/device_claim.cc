#include "dataplane/interface/device_claim.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace weft {

// An abstract name: a zero byte, then "weft/<what>", no end. Longer ones are cut, which at worst
// refuses two devices whose first 100 characters are the same.
static socklen_t fill_name(sockaddr_un& address, const std::string& what) {
  address = {};
  address.sun_family = AF_UNIX;
  const std::string name = ("weft/" + what).substr(0, sizeof(address.sun_path) - 1);
  std::memcpy(&address.sun_path[1], name.data(), name.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

// "process 1234 (weftd)", as far as it can be known.
static std::string holder(const sockaddr_un& address, socklen_t address_bytes) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred credentials{};
  socklen_t bytes = sizeof(credentials);
  const bool known =
      probe >= 0 &&
      connect(probe, reinterpret_cast<const sockaddr*>(&address), address_bytes) == 0 &&
      getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) == 0 && credentials.pid > 0;
  if (probe >= 0) close(probe);
  if (!known) return "another process";
  const std::string pid = std::to_string(credentials.pid);
  std::string command;
  std::ifstream("/proc/" + pid + "/comm") >> command;
  return "process " + pid + (command.empty() ? "" : " (" + command + ")");
}

Result<DeviceClaim> DeviceClaim::take(const std::string& what) {
  DeviceClaim claim(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (claim.socket_ < 0) return fail(what + " cannot be claimed: " + std::strerror(errno));
  sockaddr_un address;
  const socklen_t bytes = fill_name(address, what);
  if (bind(claim.socket_, reinterpret_cast<const sockaddr*>(&address), bytes) != 0) {
    if (errno == EADDRINUSE) return fail(what + " is in use by " + holder(address, bytes));
    return fail(what + " cannot be claimed: " + std::strerror(errno));
  }
  // Nobody is ever accepted; whoever connects learns our process id.
  if (listen(claim.socket_, 8) != 0) {
    return fail(what + " cannot be claimed: " + std::strerror(errno));
  }
  return claim;
}

DeviceClaim::DeviceClaim(DeviceClaim&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

DeviceClaim& DeviceClaim::operator=(DeviceClaim&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

DeviceClaim::~DeviceClaim() {
  if (socket_ >= 0) close(socket_);
}

}  // namespace weft
