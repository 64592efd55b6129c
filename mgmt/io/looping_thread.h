// For tests: a loop that runs on a thread of its own until the end, so that the test itself may
// block in a peer's socket.
#pragma once

#include <latch>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "mgmt/io/event_loop.h"

namespace weft::mgmt {

class LoopingThread {
 public:
  LoopingThread() : thread_([this] { loop_.run(); }) {}
  ~LoopingThread() { end(); }
  LoopingThread(const LoopingThread&) = delete;
  LoopingThread& operator=(const LoopingThread&) = delete;

  EventLoop& loop() { return loop_; }

  // Runs `work` on the loop's thread, waits for it and gives what it gives.
  template <class Work>
  auto run(Work work) -> decltype(work()) {
    std::latch done(1);
    if constexpr (std::is_void_v<decltype(work())>) {
      loop_.post([&] {
        work();
        done.count_down();
      });
      done.wait();
    } else {
      std::optional<decltype(work())> result;
      loop_.post([&] {
        result.emplace(work());
        done.count_down();
      });
      done.wait();
      return std::move(*result);
    }
  }

  void end() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace weft::mgmt
