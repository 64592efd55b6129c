// A thread for what takes longer than the event loop may (ARCHITECTURE.md, decision 12): one piece
// of work at a time, in order, a bounded number waiting.
// Thread safety: run() from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace weft::mgmt {

class WorkThread {
 public:
  // Requires: a name of at most 15 bytes.
  explicit WorkThread(const std::string& name, uint32_t waiting_max = 16);
  // Lets the work that runs end; drops what waits.
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  // Never waits. False: as much waits as may, and `work` is dropped.
  bool run(std::function<void()> work);

 private:
  void work_on();

  const uint32_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Both under mutex_.
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weft::mgmt
