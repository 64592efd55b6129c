// Where the log thread puts finished lines: a file descriptor that may be slow, stuck or closed.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace weft::mgmt {

// Thread safety: lines on one thread (the pool's only one); stop() and lost() on any.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // Requires: fd outlives this.
  explicit LineSink(int fd);
  ~LineSink() override;
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  // How lines that were lost before they came here are counted, and what to write of `lost` ones
  // that were not reported yet. Requires: before the first line; called on the log thread.
  struct Losses {
    std::function<uint64_t()> overrun;
    std::function<std::string(uint64_t lost)> line;
  };
  void report(Losses losses) { losses_ = std::move(losses); }

  // From now on a descriptor that takes nothing is waited for until linger is over, once for all
  // lines.
  void stop(std::chrono::milliseconds linger);
  // Lines that came here and could not be written.
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  using Clock = std::chrono::steady_clock;

  void report_losses();
  bool write_line(std::string_view line);
  ssize_t write_some(std::string_view bytes);
  bool wait_until_writable();

  const int fd_;
  const int stop_event_;  // readable once stop() was called
  bool is_socket_ = false;
  Losses losses_;
  uint64_t reported_ = 0;                  // of the lines lost
  std::atomic<Clock::rep> give_up_at_{0};  // 0: not stopping; stop() writes, sink_it_ reads
  std::atomic<uint64_t> lost_{0};          // sink_it_ writes, anyone reads
};

}  // namespace weft::mgmt
