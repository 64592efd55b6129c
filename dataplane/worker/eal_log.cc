#include "dataplane/worker/eal_log.h"

#include <rte_log.h>

#include <iterator>

#include "dataplane/base/check.h"

namespace weft {

static ssize_t append_to(void* log, const char* bytes, std::size_t count) {
  static_cast<EalLog*>(log)->append({bytes, count});
  return static_cast<ssize_t>(count);
}

EalLog::EalLog() : before_(rte_log_get_stream()) {
  cookie_io_functions_t functions{};
  functions.write = append_to;
  stream_ = fopencookie(this, "w", functions);
  CHECK(stream_ != nullptr);
  setvbuf(stream_, nullptr, _IONBF, 0);
  rte_openlog_stream(stream_);
}

EalLog::~EalLog() {
  rte_openlog_stream(before_);
  std::fclose(stream_);
}

void EalLog::append(std::string_view text) {
  const std::lock_guard lock(mutex_);
  for (const char c : text) {
    if (c != '\n') {
      unfinished_.push_back(c);
      continue;
    }
    lines_.push_back(std::move(unfinished_));
    unfinished_.clear();
    if (lines_.size() <= lines_max) continue;
    lines_.pop_front();
    ++lost_;
  }
}

std::vector<std::string> EalLog::take() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> taken(std::make_move_iterator(lines_.begin()),
                                 std::make_move_iterator(lines_.end()));
  lines_.clear();
  return taken;
}

uint64_t EalLog::lines_lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace weft
