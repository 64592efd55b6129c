#include "mgmt/logs/line_sink.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "dataplane/base/check.h"

namespace weft::mgmt {

LineSink::LineSink(int fd) : fd_(fd), stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(stop_event_ >= 0);
  struct stat about {};
  is_socket_ = fstat(fd_, &about) == 0 && S_ISSOCK(about.st_mode);
}

LineSink::~LineSink() {
  close(stop_event_);
}

void LineSink::stop(std::chrono::milliseconds linger) {
  give_up_at_.store((Clock::now() + linger).time_since_epoch().count());
  const uint64_t one = 1;
  CHECK(write(stop_event_, &one, sizeof(one)) == sizeof(one));
}

void LineSink::sink_it_(const spdlog::details::log_msg& message) {
  report_losses();
  const std::string line = std::string(message.payload.data(), message.payload.size()) + "\n";
  if (!write_line(line)) lost_.fetch_add(1, std::memory_order_relaxed);
}

void LineSink::report_losses() {
  if (!losses_.overrun) return;
  const uint64_t unreported = losses_.overrun() + lost() - reported_;
  if (unreported > 0 && write_line(losses_.line(unreported) + "\n")) reported_ += unreported;
}

bool LineSink::write_line(std::string_view line) {
  while (!line.empty()) {
    if (!wait_until_writable()) return false;
    const ssize_t written = write_some(line);
    if (written >= 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

// A writable pipe takes PIPE_BUF bytes without blocking; a socket promises less, but can be asked.
ssize_t LineSink::write_some(std::string_view bytes) {
  if (is_socket_) return send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return write(fd_, bytes.data(), bytes.size());
}

// False: it is time to give up. An error of the descriptor counts as writable: write says which.
bool LineSink::wait_until_writable() {
  while (true) {
    const Clock::rep give_up_at = give_up_at_.load();
    const bool stopping = give_up_at != 0;
    std::array<pollfd, 2> waits = {pollfd{fd_, POLLOUT, 0}, pollfd{stop_event_, POLLIN, 0}};
    int timeout_ms = -1;
    if (stopping) {
      const auto left = Clock::time_point(Clock::duration(give_up_at)) - Clock::now();
      const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      timeout_ms = static_cast<int>(std::max<int64_t>(left_ms, 0));
    }
    const int ready = poll(waits.data(), stopping ? 1 : 2, timeout_ms);
    if (ready > 0 && waits[0].revents != 0) return true;
    if (ready == 0 && stopping) return false;
  }
}

}  // namespace weft::mgmt
