// What changed in the kernel, by kind: notifications only say where to look again.
// Thread safety: one thread. It listens in the network namespace it was opened in.
#pragma once

#include <functional>

#include "dataplane/base/result.h"

namespace weft::mgmt {

struct Changed {
  bool links = false;
  bool addresses = false;
  bool neighbours = false;
  bool routes = false;
  static constexpr Changed everything() { return {true, true, true, true}; }
  bool anything() const { return links || addresses || neighbours || routes; }
  bool operator==(const Changed&) const = default;
};

class NetlinkEvents {
 public:
  static Result<NetlinkEvents> open();
  NetlinkEvents(NetlinkEvents&& other) noexcept;
  NetlinkEvents& operator=(NetlinkEvents&&) = delete;
  ~NetlinkEvents();

  // Readable when there is something; non-blocking.
  int fd() const { return socket_; }
  // Takes all notifications that have come. `is_ours` says which interfaces matter, by index.
  // Notifications that the kernel had to drop count as changes of everything.
  Changed take(const std::function<bool(int)>& is_ours) const;

 private:
  explicit NetlinkEvents(int socket) : socket_(socket) {}
  int socket_;
};

}  // namespace weft::mgmt
