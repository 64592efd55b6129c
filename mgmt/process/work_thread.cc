#include "mgmt/process/work_thread.h"

#include <pthread.h>

#include <utility>

#include "dataplane/base/check.h"

namespace weft::mgmt {

WorkThread::WorkThread(const std::string& name, uint32_t waiting_max)
    : waiting_max_(waiting_max), thread_([this] { work_on(); }) {
  CHECK(pthread_setname_np(thread_.native_handle(), name.c_str()) == 0);
}

WorkThread::~WorkThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool WorkThread::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void WorkThread::work_on() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes without the lock
    lock.lock();
  }
}

}  // namespace weft::mgmt
