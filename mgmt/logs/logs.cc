#include "mgmt/logs/logs.h"

#include <pthread.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <array>
#include <atomic>

#include "mgmt/logs/json_line.h"
#include "mgmt/logs/line_sink.h"

namespace weft::mgmt {

namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warn", "error"};

spdlog::level::level_enum spdlog_level(Level level) {
  constexpr std::array levels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                 spdlog::level::err};
  return levels[static_cast<std::size_t>(level)];
}

// One thread that takes no signal: those are the management loop's, and a closed pipe is an error
// of write, not the end of the process.
std::shared_ptr<spdlog::details::thread_pool> quiet_thread(std::size_t lines_max) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pool = std::make_shared<spdlog::details::thread_pool>(lines_max, 1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pool;
}

}  // namespace

std::string_view name(Level level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<Level> parse_level(std::string_view word) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (level_names[i] == word) return static_cast<Level>(i);
  }
  return std::nullopt;
}

class Logs::Writer {
 public:
  explicit Writer(Options options)
      : options_(std::move(options)),
        sink_(std::make_shared<LineSink>(options_.fd)),
        pool_(quiet_thread(options_.lines_max)),
        logger_(std::make_shared<spdlog::async_logger>(
            "weft", sink_, pool_, spdlog::async_overflow_policy::overrun_oldest)),
        level_(options_.level) {
    logger_->set_level(spdlog::level::trace);
    logger_->set_error_handler([this](const std::string&) { ++not_queued_; });
    // The pool outlives its thread, though not pool_'s pointer to it: ~thread_pool joins.
    sink_->report({[pool = pool_.get()] { return pool->overrun_counter(); },
                   [this](uint64_t lost) {
                     const LogField lines("lines", lost);
                     return json_line(options_.now(), Level::warn, "log_lines_lost", {&lines, 1});
                   }});
  }

  // The pool writes what waits before it joins its thread; the sink bounds how long that takes.
  ~Writer() {
    sink_->stop(options_.linger_ms);
    pool_.reset();
  }

  void write(Level level, std::string_view event, std::span<const LogField> fields) {
    if (level < level_.load(std::memory_order_relaxed)) return;
    logger_->log(spdlog_level(level), json_line(options_.now(), level, event, fields));
  }

  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }
  Level level() const { return level_.load(std::memory_order_relaxed); }
  uint64_t lost() const { return pool_->overrun_counter() + sink_->lost() + not_queued_; }

 private:
  const Options options_;
  const std::shared_ptr<LineSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
  std::atomic<Level> level_;             // set_level writes, write reads
  std::atomic<uint64_t> not_queued_{0};  // any writer, when memory ran out
};

Logs::Logs(Options options) : writer_(std::make_unique<Writer>(std::move(options))) {}

Logs::~Logs() = default;

void Logs::write(Level level, std::string_view event, std::span<const LogField> fields) {
  writer_->write(level, event, fields);
}

void Logs::set_level(Level level) {
  writer_->set_level(level);
}

Level Logs::level() const {
  return writer_->level();
}

uint64_t Logs::lines_lost() const {
  return writer_->lost();
}

}  // namespace weft::mgmt
