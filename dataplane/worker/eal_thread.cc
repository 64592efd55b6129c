#include "dataplane/worker/eal_thread.h"

#include <pthread.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>

#include <csignal>
#include <cstring>
#include <future>

namespace weft {

static constexpr std::size_t thread_name_bytes_max = 15;

static Result<void> pin_and_register(const std::string& name, uint32_t cpu) {
  pthread_setname_np(pthread_self(), name.substr(0, thread_name_bytes_max).c_str());
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  const int refused =
      cpu < CPU_SETSIZE ? pthread_setaffinity_np(pthread_self(), sizeof(set), &set) : EINVAL;
  if (refused != 0) {
    return fail("thread " + name + " cannot run on CPU " + std::to_string(cpu) + ": " +
                    std::strerror(refused),
                Fault::operator_input);
  }
  if (rte_thread_register() != 0) {
    return fail("thread " + name + ": DPDK takes no more than " + std::to_string(RTE_MAX_LCORE) +
                " threads: " + rte_strerror(rte_errno));
  }
  return {};
}

Result<EalThread> EalThread::start(const std::string& name, uint32_t cpu,
                                   std::function<void()> body) {
  std::promise<Result<void>> ready;
  std::future<Result<void>> outcome = ready.get_future();
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  EalThread thread(
      std::thread([name, cpu, body = std::move(body), ready = std::move(ready)]() mutable {
        Result<void> done = pin_and_register(name, cpu);
        const bool started = done.has_value();
        ready.set_value(std::move(done));
        if (!started) return;
        body();
        rte_thread_unregister();
      }));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const Result<void> started = outcome.get();
  if (!started) return tl::unexpected(started.error());
  return thread;
}

EalThread::~EalThread() {
  join();
}

void EalThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace weft
