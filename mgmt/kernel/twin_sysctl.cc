#include "mgmt/kernel/twin_sysctl.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace weft::mgmt {

namespace {

struct Setting {
  std::string_view family;  // "ipv4" or "ipv6"
  std::string_view key;
  std::string_view value;
};

constexpr std::array settings = {
    Setting{"ipv4", "arp_ignore", "1"},
    Setting{"ipv4", "arp_announce", "2"},
    Setting{"ipv4", "rp_filter", "2"},
    Setting{"ipv4", "accept_redirects", "0"},
    Setting{"ipv4", "promote_secondaries", "1"},
    Setting{"ipv4", "ignore_routes_with_linkdown", "1"},
    Setting{"ipv6", "disable_ipv6", "0"},
    Setting{"ipv6", "accept_dad", "0"},
    Setting{"ipv6", "accept_ra", "0"},
    Setting{"ipv6", "autoconf", "0"},
    Setting{"ipv6", "accept_redirects", "0"},
    Setting{"ipv6", "ignore_routes_with_linkdown", "1"},
};

}  // namespace

static std::string read_value(const std::string& path) {
  std::string value;
  std::ifstream(path) >> value;
  return value;
}

Result<void> set_twin_sysctls(const std::string& twin, const std::string& root) {
  Result<void> done;
  for (const Setting& setting : settings) {
    const std::string folder =
        root + "proc/sys/net/" + std::string(setting.family) + "/conf/" + twin + "/";
    // A kernel without IPv6 has none of its settings.
    if (setting.family == "ipv6" && !std::filesystem::exists(folder)) continue;
    const std::string path = folder + std::string(setting.key);
    if (read_value(path) == setting.value) continue;
    errno = 0;
    std::ofstream file(path);
    file << setting.value << std::flush;
    if (file || !done) continue;
    done = fail("cannot set " + path + " to " + std::string(setting.value) + ": " +
                std::strerror(errno));
  }
  return done;
}

}  // namespace weft::mgmt
