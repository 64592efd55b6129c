#include "mgmt/io/event_loop.h"

#include <time.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/io/event_loop_parts.h"

namespace weft::mgmt {
namespace {

constexpr Duration heartbeat_interval = milliseconds(10);

void beat(EventLoop& loop) {
  EventLoop::Parts& parts = loop.parts();
  parts.heartbeat_due = loop.now() + heartbeat_interval;
  parts.heartbeat.expires_at(steady(parts.heartbeat_due));
  parts.heartbeat.async_wait([&loop, &parts](boost::system::error_code error) {
    if (error) return;
    const Instant now = loop.now();
    parts.lag.record(now - parts.heartbeat_due, now);
    beat(loop);
  });
}

void wait_for_signal(SignalWatch& watch) {
  watch.signals.async_wait([&watch](boost::system::error_code error, int) {
    if (error) return;
    wait_for_signal(watch);
    watch.on_signal();
  });
}

}  // namespace

EventLoop::EventLoop() : parts_(std::make_unique<Parts>()) {}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  beat(*this);  // from now: what passed since an earlier run() is no lag
  parts_->context.run();
  parts_->context.restart();
}

void EventLoop::stop() {
  parts_->context.stop();
}

void EventLoop::post(std::function<void()> work) {
  asio::post(parts_->context, std::move(work));
}

Instant EventLoop::now() const {
  timespec time{};
  CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
  return Instant(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
}

void EventLoop::on_signal(int signal, std::function<void()> on_signal) {
  wait_for_signal(
      parts_->signal_watches.emplace_back(parts_->context, signal, std::move(on_signal)));
}

Duration EventLoop::lag_max() const {
  return parts_->lag.max(now());
}

}  // namespace weft::mgmt
