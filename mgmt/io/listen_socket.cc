#include "mgmt/io/listen_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "mgmt/io/socket_address.h"

namespace weft::mgmt {
namespace {

constexpr int backlog = 128;

std::string reason() {
  return std::strerror(errno);
}

// Whether a process listens on the socket file. In doubt yes: it is not ours to remove then.
bool is_answered(const SocketAddress& address) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int failed = connect(descriptor, address.raw(), address.bytes) < 0 ? errno : 0;
  close(descriptor);
  return failed != ECONNREFUSED && failed != ENOENT;
}

// Holds the folder's lock, so that of two processes that start at once only one may judge a socket
// file stale and replace it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        held_(descriptor_ >= 0 && flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {}
  ~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  bool held() const { return held_; }

 private:
  int descriptor_;
  bool held_;
};

}  // namespace

ListenSocket::~ListenSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  struct stat now {};
  if (!path_.empty() && lstat(path_.c_str(), &now) == 0 && now.st_dev == file_.st_dev &&
      now.st_ino == file_.st_ino) {
    unlink(path_.c_str());
  }
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      family_(other.family_),
      port_(other.port_),
      path_(std::move(other.path_)),
      file_(other.file_) {}

Result<ListenSocket> ListenSocket::on_address(const std::string& address) {
  const std::optional<AddressAndPort> parsed = parse_address_and_port(address);
  if (!parsed) {
    return fail(fmt::format("cannot listen on \"{}\": not ADDRESS:PORT or [ADDRESS]:PORT", address),
                Fault::operator_input);
  }
  SocketAddress bound = socket_address(parsed->address, parsed->port);
  const auto failed = [&] {
    return fail(fmt::format("cannot listen on {}: {}", address, reason()));
  };
  ListenSocket result(socket(bound.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                      bound.family());
  if (result.descriptor_ < 0) return failed();
  const int on = 1;  // or a restart would wait for the old connections' TIME-WAIT
  setsockopt(result.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(result.descriptor_, bound.raw(), bound.bytes) < 0) return failed();
  if (listen(result.descriptor_, backlog) < 0) return failed();
  bound.bytes = sizeof bound.storage;
  if (getsockname(result.descriptor_, reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes)) {
    return failed();
  }
  const bool four = bound.family() == AF_INET;
  result.port_ =
      be16::from_raw(four ? reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port
                          : reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port)
          .host();
  return result;
}

Result<ListenSocket> ListenSocket::on_path(const std::string& path, const std::string& group) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(fmt::format("cannot make the folder of socket {}: {}", path, error.message()));
  }
  const FolderLock lock(folder);
  if (!lock.held()) {
    return fail(
        fmt::format("cannot lock {} to make socket {} in it: {}", folder.string(), path, reason()));
  }
  ListenSocket result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), AF_UNIX);
  if (result.descriptor_ < 0) return fail(fmt::format("cannot make a socket: {}", reason()));
  if (auto done = result.claim(path); !done) return tl::unexpected(done.error());
  if (auto done = result.admit(path, group); !done) return tl::unexpected(done.error());
  return result;
}

Result<void> ListenSocket::claim(const std::string& path) {
  const std::optional<SocketAddress> address = socket_address(path);
  if (!address) {
    return fail(fmt::format("socket path \"{}\" is empty or longer than 107 bytes", path),
                Fault::operator_input);
  }
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) {
      return fail(fmt::format("{} is there and is no socket: it is not replaced", path),
                  Fault::operator_input);
    }
    if (is_answered(*address)) {
      return fail(
          fmt::format("another process answers on {}: does this gateway run already?", path));
    }
    unlink(path.c_str());
  }
  // The mode of the descriptor becomes the file's, so that at no moment others may open it.
  if (fchmod(descriptor_, 0600) < 0 || bind(descriptor_, address->raw(), address->bytes) < 0) {
    return fail(fmt::format("cannot make socket {}: {}", path, reason()));
  }
  lstat(path.c_str(), &file_);
  path_ = path;
  return {};
}

Result<void> ListenSocket::admit(const std::string& path, const std::string& group) {
  if (!group.empty()) {
    const struct group* entry = getgrnam(group.c_str());
    if (entry == nullptr) {
      return fail(fmt::format("there is no group \"{}\" to open socket {} to", group, path),
                  Fault::operator_input);
    }
    if (chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) < 0 ||
        chmod(path.c_str(), 0660) < 0) {
      return fail(fmt::format("cannot open socket {} to group {}: {}", path, group, reason()));
    }
  }
  if (listen(descriptor_, backlog) < 0) {
    return fail(fmt::format("cannot listen on {}: {}", path, reason()));
  }
  return {};
}

}  // namespace weft::mgmt
