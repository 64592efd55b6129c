#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "mgmt/io/event_loop.h"
#include "mgmt/io/event_loop_parts.h"

namespace weft::mgmt {

struct ReadableWatch::State {
  asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;

  // The descriptor is its owner's: Asio only stops looking at it.
  ~State() {
    if (descriptor.is_open()) descriptor.release();
  }
};

namespace {

void wait_until_readable(const std::shared_ptr<ReadableWatch::State>& state) {
  state->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                               [weak = std::weak_ptr(state)](boost::system::error_code error) {
                                 const std::shared_ptr<ReadableWatch::State> locked = weak.lock();
                                 if (error || !locked || !locked->descriptor.is_open()) return;
                                 locked->on_readable();
                                 if (locked->descriptor.is_open()) wait_until_readable(locked);
                               });
}

}  // namespace

ReadableWatch::ReadableWatch(EventLoop& loop, int descriptor, std::function<void()> on_readable)
    : state_(new State{asio::posix::stream_descriptor(loop.parts().context, descriptor),
                       std::move(on_readable)}) {
  wait_until_readable(state_);
}

ReadableWatch::~ReadableWatch() {
  if (state_) state_->descriptor.release();
}

ReadableWatch::ReadableWatch(ReadableWatch&&) noexcept = default;

ReadableWatch& ReadableWatch::operator=(ReadableWatch&& other) noexcept {
  if (state_) state_->descriptor.release();
  state_ = std::move(other.state_);
  return *this;
}

}  // namespace weft::mgmt
