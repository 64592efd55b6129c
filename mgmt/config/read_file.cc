#include "mgmt/config/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

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

}  // namespace

std::string too_large(std::size_t bytes_max) {
  return fmt::format("larger than {} MiB", bytes_max >> 20);
}

Parsed<std::string> read_file(const std::string& path, std::size_t bytes_max) {
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
    if (text.size() > bytes_max) return tl::unexpected(too_large(bytes_max));
  }
}

}  // namespace weft::mgmt::config
