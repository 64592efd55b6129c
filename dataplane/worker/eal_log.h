// Receives what DPDK and its drivers would print, as lines, so that it neither litters stderr nor
// is lost. Bounded: the oldest lines go first, counted. One at a time a process (DPDK's limit).
// Thread safety: any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class EalLog {
 public:
  static constexpr uint32_t lines_max = 256;

  EalLog();   // from now on DPDK logs here
  ~EalLog();  // and from now on to stderr again
  EalLog(const EalLog&) = delete;
  EalLog& operator=(const EalLog&) = delete;

  // The lines since the last call, oldest first.
  std::vector<std::string> take();
  uint64_t lines_lost() const;

  // For the stream underneath.
  void append(std::string_view text);

 private:
  std::FILE* stream_;
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  std::string unfinished_;
  uint64_t lost_ = 0;
};

// The last line that tells of an error, without DPDK's prefix and line end; empty if there is none.
std::string last_error_line(const std::vector<std::string>& lines);

}  // namespace weft
