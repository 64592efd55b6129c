#include "dataplane/interface/driver_log.h"

#include <fcntl.h>
#include <rte_log.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "dataplane/base/check.h"

namespace weft {

DriverLog::DriverLog()
    : memory_(memfd_create("driver_log", MFD_CLOEXEC)),
      stderr_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)),
      stream_(nullptr),
      before_(rte_log_get_stream()) {
  CHECK(memory_ >= 0);
  std::fflush(stderr);
  // Every write appends, whichever descriptor it comes through.
  CHECK(fcntl(memory_, F_SETFL, O_APPEND) == 0);
  dup2(memory_, STDERR_FILENO);
  stream_ = fdopen(fcntl(memory_, F_DUPFD_CLOEXEC, 3), "a");
  CHECK(stream_ != nullptr);
  setvbuf(stream_, nullptr, _IONBF, 0);
  rte_openlog_stream(stream_);
}

DriverLog::~DriverLog() {
  rte_openlog_stream(before_);
  std::fclose(stream_);
  std::fflush(stderr);
  if (stderr_ >= 0) {
    dup2(stderr_, STDERR_FILENO);
    close(stderr_);
  } else {
    close(STDERR_FILENO);
  }
  close(memory_);
}

std::vector<std::string> DriverLog::lines() const {
  std::fflush(stderr);
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t n = pread(memory_, piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (n <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

static std::string without_prefixes(std::string_view line) {
  static constexpr std::array prefixes = {
      std::string_view("EAL: FATAL: "), std::string_view("EAL: Error - "),
      std::string_view("EAL: "),        std::string_view("libbpf: "),
      std::string_view("libxdp: "),
  };
  for (const std::string_view prefix : prefixes) {
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  }
  // Drivers name the function that speaks: "eth_rx_queue_setup(): ", "slave_add(12) - ".
  for (const std::string_view end : {std::string_view("(): "), std::string_view(") - ")}) {
    const std::size_t at = line.find(end);
    if (at != std::string_view::npos && line.find(' ') >= at) line.remove_prefix(at + end.size());
  }
  while (!line.empty() && (line.back() == '.' || line.back() == '!' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  return std::string(line);
}

std::string reason_in(const std::vector<std::string>& lines) {
  static constexpr std::string_view kernel_says = "Kernel error message: ";
  for (const std::string& line : lines) {
    const std::size_t at = line.find(kernel_says);
    if (at != std::string::npos) return without_prefixes(line.substr(at + kernel_says.size()));
  }
  static constexpr std::array signs = {"FATAL",   "rror",      "annot",   "ould not",
                                       "ouldn't", "ailed",     "nvalid",  "enied",
                                       "No such", "ot enough", "nable to"};
  // libxdp tries a dispatcher first and says so; no failure of ours.
  static constexpr std::array noise = {"dispatcher", "unrecognized data section", "xdp_pass"};
  const auto contains = [](const std::string& line, const auto& words) {
    return std::ranges::any_of(
        words, [&](const char* word) { return line.find(word) != std::string::npos; });
  };
  for (const std::string& line : lines) {
    if (contains(line, signs) && !contains(line, noise)) return without_prefixes(line);
  }
  return {};
}

}  // namespace weft
