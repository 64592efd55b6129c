#include "mgmt/admin/default_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace weft::mgmt {

namespace fs = std::filesystem;

Result<std::string> default_socket(const std::string& folder, const std::string& host) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() == ".sock" && entry->is_socket(ignored)) {
      found.push_back(entry->path());
    }
  }
  if (error == std::errc::permission_denied) {
    return fail(fmt::format("permission denied on {}: name the socket with --socket", folder),
                Fault::operator_input);
  }
  const std::string of_host = fs::path(folder) / (host + ".sock");
  if (std::ranges::find(found, of_host) != found.end()) return of_host;
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail(
        fmt::format("no gateway has a socket in {}: is weftd running? "
                    "(--socket names one elsewhere)",
                    folder));
  }
  std::ranges::sort(found);
  std::string message = "several gateways run here, choose one with --socket:";
  for (const std::string& path : found) message += " " + path;
  return fail(std::move(message), Fault::operator_input);
}

}  // namespace weft::mgmt
