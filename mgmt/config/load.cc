#include <sched.h>
#include <unistd.h>

#include <array>

#include "mgmt/config/config.h"
#include "mgmt/config/parse_toml.h"
#include "mgmt/config/read_file.h"
#include "mgmt/config/reading.h"

namespace weft::mgmt::config {

namespace {

tl::unexpected<std::vector<ConfigError>> only(ConfigError error) {
  return tl::unexpected(std::vector<ConfigError>{std::move(error)});
}

}  // namespace

Host this_host() {
  Host host;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) host.name = name.data();
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0) {
    for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &cpus)) host.cpus.push_back(cpu);
    }
  }
  return host;
}

Loaded load(std::string_view text, std::string file_name, const Host& host) {
  if (text.size() > file_bytes_max) {
    return only(SourceText("", std::move(file_name)).error(too_large(file_bytes_max)));
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  const SourceText source(text, std::move(file_name));
  const auto root = parse_toml(source);
  if (!root) return only(source.error(root.error().at, root.error().message));
  Reading reading(source, host);
  read_model(reading, *root);
  check_model(reading, *root);
  if (reading.failed()) return tl::unexpected(std::move(reading).errors());
  return std::move(reading.model);
}

Loaded load_file(const std::string& path, const Host& host) {
  const auto text = read_file(path, file_bytes_max);
  if (!text) return only(SourceText("", path.empty() ? "\"\"" : path).error(text.error()));
  return load(*text, path, host);
}

}  // namespace weft::mgmt::config
