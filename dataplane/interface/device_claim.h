// Who uses what: a name that one live process holds, within one network namespace. The kernel gives
// it up when the process dies, however it dies, so there is never a stale claim.
// (An abstract unix socket; whoever is refused learns the holder's process id from it.)
#pragma once

#include <string>

#include "dataplane/base/result.h"

namespace weft {

class DeviceClaim {
 public:
  // Error: "<what> is in use by process 1234 (weftd)".
  static Result<DeviceClaim> take(const std::string& what);
  DeviceClaim(DeviceClaim&& other) noexcept;
  DeviceClaim& operator=(DeviceClaim&& other) noexcept;
  ~DeviceClaim();

 private:
  explicit DeviceClaim(int socket) : socket_(socket) {}
  int socket_;
};

}  // namespace weft
