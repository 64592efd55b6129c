#include "mgmt/publish/publisher.h"

#include <pthread.h>

#include <algorithm>

#include "dataplane/base/check.h"

namespace weft::mgmt {

Publisher::Publisher(Published<Snapshot>& published, Mode mode,
                     std::function<void(uint64_t generation)> on_published)
    : published_(published), on_published_(std::move(on_published)) {
  if (mode == Mode::synchronous) return;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "weft-compile");
}

Publisher::~Publisher() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Publisher::submit(std::shared_ptr<const Desired> desired, uint64_t generation) {
  CHECK(desired != nullptr);
  std::shared_ptr<const Desired> passed_over;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    CHECK(generation > status_.submitted_generation);
    status_.submitted_generation = generation;
    if (pending_) {
      ++status_.passed_over;
      passed_over = std::move(pending_->desired);
    }
    pending_ = {std::move(desired), generation};
  }
  if (thread_.joinable()) {
    wake_.notify_one();
  } else {
    poll();
  }
}

void Publisher::poll() {
  if (thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  reclaim(lock);
  if (pending_ && may_publish()) publish_pending(lock);
  reclaim(lock);
}

PublishStatus Publisher::status() const {
  const std::lock_guard lock(mutex_);
  PublishStatus status = status_;
  for (const auto& [generation, policy] : policies_) {
    if (!policy.expired()) status.policy_generations.push_back(generation);
  }
  return status;
}

void Publisher::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto wanted = [this] { return stopping_ || (pending_ && may_publish()); };
    if (published_.waiting() == 0) {
      wake_.wait(lock, wanted);
    } else {
      wake_.wait_for(lock, grace_poll, wanted);
    }
    reclaim(lock);
    if (!stopping_ && pending_ && may_publish()) publish_pending(lock);
  }
}

bool Publisher::may_publish() const {
  return published_.waiting() < versions_waiting_max;
}

// Compiles and publishes without the lock: submit() and status() go on meanwhile.
void Publisher::publish_pending(std::unique_lock<std::mutex>& lock) {
  Pending next = std::move(*pending_);
  pending_.reset();
  lock.unlock();
  Compiled compiled = compile(std::move(next.desired), last_, next.generation);
  const bool policy_changed =
      last_.snapshot == nullptr || compiled.snapshot->policy != last_.snapshot->policy;
  lock.lock();
  if (policy_changed) policies_.emplace_back(next.generation, compiled.snapshot->policy);
  lock.unlock();
  published_.publish(compiled.snapshot);
  last_ = std::move(compiled);
  lock.lock();
  status_.published_generation = next.generation;
  ++status_.published;
  status_.versions_waiting = published_.waiting();
  lock.unlock();
  if (on_published_) on_published_(next.generation);
  lock.lock();
}

void Publisher::reclaim(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  published_.reclaim();
  lock.lock();
  status_.versions_waiting = published_.waiting();
  std::erase_if(policies_, [](const auto& policy) { return policy.second.expired(); });
}

}  // namespace weft::mgmt
