// mgmt's one event loop: everything of mgmt that waits, waits here. The thread in run() is the
// loop's; callbacks run on it, one at a time, and never block (ARCHITECTURE.md, decision 12).
// Thread safety: post(), stop() and now() from any thread, everything else on the loop's thread or
// while it does not run. Invariant: no callback outlives the object that was asked for it (a
// Timer, a ReadableWatch, a Prober): after its destruction or cancel() it is not called.
#pragma once

#include <functional>
#include <memory>

#include "dataplane/base/clock.h"

namespace weft::mgmt {

class EventLoop {
 public:
  EventLoop();
  // What was posted and did not run is dropped. Requires: run() has returned, and every other
  // thread that could still post() has ended.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs callbacks on this thread until stop(). May be called again afterwards.
  void run();
  // Makes run() return after the callback that runs now, also when called before run().
  void stop();
  // Runs `work` on the loop's thread, in the order of posting.
  void post(std::function<void()> work);
  // CLOCK_MONOTONIC, the axis of the workers' Instants.
  Instant now() const;

  // Calls on the loop's thread whenever the process gets the signal, instead of what the signal
  // does by default. Several loops may ask for the same signal; each is called.
  void on_signal(int signal, std::function<void()> on_signal);

  // How late the loop was, at most, over the last 30 to 60 seconds of run(): what a timer or an
  // answer waited for the callback before it. A pause shorter than 10 ms may be missed.
  Duration lag_max() const;

  struct Parts;  // Asio; for mgmt/io only
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

// Calls when a moment has come. On the loop's thread only; moves, does not copy.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> on_expiry);
  ~Timer();  // also from inside on_expiry
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  // Calls once; replaces what was set before. A moment in the past means as soon as the loop is
  // free, not from inside this call.
  void expire_at(Instant moment);
  void expire_after(Duration delay);
  void cancel();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

// Calls whenever a file descriptor of somebody else (a netlink socket) is readable, and again
// while it stays so. Makes the descriptor non-blocking, never reads from it and never closes it.
// On the loop's thread only. Requires: the descriptor is open until this is destroyed.
class ReadableWatch {
 public:
  ReadableWatch(EventLoop& loop, int descriptor, std::function<void()> on_readable);
  ~ReadableWatch();  // also from inside on_readable
  ReadableWatch(ReadableWatch&&) noexcept;
  ReadableWatch& operator=(ReadableWatch&&) noexcept;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft::mgmt
