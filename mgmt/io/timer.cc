#include <utility>

#include "mgmt/io/event_loop.h"
#include "mgmt/io/event_loop_parts.h"

namespace weft::mgmt {

struct Timer::State {
  asio::steady_timer timer;
  std::function<void()> on_expiry;
  uint64_t setting = 0;  // counts up with each: an expiry already queued belongs to an older one
};

Timer::Timer(EventLoop& loop, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(
          State{asio::steady_timer(loop.parts().context), std::move(on_expiry)})) {}

Timer::~Timer() {
  if (state_) cancel();
}

Timer::Timer(Timer&&) noexcept = default;

Timer& Timer::operator=(Timer&& other) noexcept {
  if (state_) cancel();
  state_ = std::move(other.state_);
  return *this;
}

void Timer::expire_at(Instant moment) {
  const uint64_t setting = ++state_->setting;
  state_->timer.expires_at(steady(moment));
  state_->timer.async_wait(
      [weak = std::weak_ptr(state_), setting](boost::system::error_code error) {
        const std::shared_ptr<State> state = weak.lock();
        if (error || !state || state->setting != setting) return;
        state->on_expiry();
      });
}

void Timer::expire_after(Duration delay) {
  expire_at(Instant(std::chrono::steady_clock::now().time_since_epoch()) + delay);
}

void Timer::cancel() {
  ++state_->setting;
  state_->timer.cancel();
}

}  // namespace weft::mgmt
