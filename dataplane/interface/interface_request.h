// What ioctl is asked about a kernel interface.
#pragma once

#include <net/if.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace weft {

// The name is cut to what fits.
inline ifreq request_for(const std::string& name) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  return request;
}

}  // namespace weft
