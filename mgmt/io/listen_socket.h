// A socket that listens: bound, with the right owner and mode, and cleaned up after. No Boost.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// Owns the descriptor, and the socket file if there is one.
class ListenSocket {
 public:
  // "127.0.0.1:9100" or "[::1]:9100"; L4 port 0 means any.
  static Result<ListenSocket> on_address(const std::string& address);
  // See HttpServer::on_socket.
  static Result<ListenSocket> on_path(const std::string& path, const std::string& group);

  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;

  int descriptor() const { return descriptor_; }
  int family() const { return family_; }
  uint16_t port() const { return port_; }

 private:
  ListenSocket(int descriptor, int family) : descriptor_(descriptor), family_(family) {}
  Result<void> claim(const std::string& path);
  Result<void> admit(const std::string& path, const std::string& group);

  int descriptor_;
  int family_;
  uint16_t port_ = 0;
  std::string path_;     // removed at the end, if the file there is still ours
  struct stat file_ {};  // ours
};

}  // namespace weft::mgmt
