#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "mgmt/config/config.h"
#include "mgmt/config/parse_toml.h"
#include "mgmt/config/reading.h"

namespace weft::mgmt::config {

namespace {

// A descriptor that is closed at the end of its scope.
class File {
 public:
  // Does not wait for the writer of a FIFO.
  explicit File(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string too_large() {
  return fmt::format("larger than {} MiB", file_bytes_max >> 20);
}

// The bytes of a regular file, or why there are none.
tl::expected<std::string, std::string> read_file(const std::string& path) {
  const auto failed = [] {
    return tl::unexpected(fmt::format("cannot be read: {}", strerror(errno)));
  };
  const File file(path);
  struct stat about {};
  if (file.fd() < 0 || fstat(file.fd(), &about) != 0) return failed();
  if (S_ISDIR(about.st_mode)) return tl::unexpected(std::string("is a directory, not a file"));
  if (!S_ISREG(about.st_mode)) return tl::unexpected(std::string("is not a regular file"));
  std::string text;
  std::array<char, 65536> chunk;
  while (true) {
    const ssize_t bytes = read(file.fd(), chunk.data(), chunk.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return failed();
    if (bytes == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(bytes));
    if (text.size() > file_bytes_max) return tl::unexpected(too_large());
  }
}

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
    return only(SourceText("", std::move(file_name)).error(too_large()));
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
  const auto text = read_file(path);
  if (!text) return only(SourceText("", path.empty() ? "\"\"" : path).error(text.error()));
  return load(*text, path, host);
}

}  // namespace weft::mgmt::config
