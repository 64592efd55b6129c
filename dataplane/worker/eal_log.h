// Receives what DPDK and its drivers would print once started, as lines, so that it neither litters
// stderr nor is lost. Bounded: the oldest lines go first, and are counted. One a process.
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
  ~EalLog();  // and from now on where it did before
  EalLog(const EalLog&) = delete;
  EalLog& operator=(const EalLog&) = delete;

  // The lines since the last call, oldest first.
  std::vector<std::string> take();
  uint64_t lines_lost() const;

  // For the stream underneath: any bytes, lines end at '\n'.
  void append(std::string_view text);

 private:
  std::FILE* before_;
  std::FILE* stream_;
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  std::string unfinished_;
  uint64_t lost_ = 0;
};

}  // namespace weft
