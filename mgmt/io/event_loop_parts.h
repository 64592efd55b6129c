// The Asio side of an EventLoop, for the files of mgmt/io.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <utility>

#include "mgmt/io/event_loop.h"
#include "mgmt/io/window_max.h"

namespace weft::mgmt {

namespace asio = boost::asio;

// On Linux steady_clock is CLOCK_MONOTONIC: the same axis.
inline std::chrono::steady_clock::time_point steady(Instant instant) {
  return std::chrono::steady_clock::time_point(instant.time_since_epoch());
}

struct SignalWatch {
  SignalWatch(asio::io_context& context, int signal, std::function<void()> call)
      : signals(context, signal), on_signal(std::move(call)) {}

  asio::signal_set signals;
  std::function<void()> on_signal;
};

struct EventLoop::Parts {
  asio::io_context context{1};  // run by one thread
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::list<SignalWatch> signal_watches;
  asio::steady_timer heartbeat{context};
  Instant heartbeat_due;
  WindowMax lag{std::chrono::seconds(30)};
};

}  // namespace weft::mgmt
