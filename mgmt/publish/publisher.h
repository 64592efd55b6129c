// From what mgmt wants to what the workers read: compiles each Desired and publishes the snapshot.
// In a thread of its own, because a Maglev table takes longer than the event loop may; or at once,
// for tests and simulations.
//
// Thread safety: all members from one thread (mgmt's); status() from any. With a thread,
// snapshots are compiled, published and destroyed on it, without one inside submit() and poll();
// never on a worker. A Desired that is submitted while another is compiled replaces the one that
// waits: the newest wins, and the generations of those passed over are never seen.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/rcu/published.h"
#include "mgmt/model/desired.h"
#include "mgmt/publish/compile.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

struct PublishStatus {
  uint64_t submitted_generation = 0;
  uint64_t published_generation = 0;  // 0: none yet
  uint64_t published = 0;             // snapshots
  uint64_t passed_over = 0;       // Desireds that a newer one replaced before they were compiled
  uint64_t versions_waiting = 0;  // old snapshots that a worker may still read
  // For each policy part that lives, the first generation that had it; the last is the current one.
  std::vector<uint64_t> policy_generations;
};

// Old snapshots that may wait for their grace; beyond, publishing waits and the newest Desired
// wins.
inline constexpr std::size_t versions_waiting_max = 16;

// The thread looks this often whether the grace of an old snapshot has passed.
inline constexpr milliseconds grace_poll{2};

class Publisher {
 public:
  enum class Mode : uint8_t { thread, synchronous };

  // `on_published`, if any, is called with each generation that workers can read, on the thread
  // that published it. Requires: nobody else publishes to `published`, which outlives this.
  Publisher(Published<Snapshot>& published, Mode mode,
            std::function<void(uint64_t generation)> on_published = {});
  // Lets what is being compiled end; drops what waits.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Wants a snapshot of this generation. With a thread it never waits. Requires: desired is not
  // null, generation is larger than all before.
  void submit(std::shared_ptr<const Desired> desired, uint64_t generation);
  // Synchronous mode: publishes what had to wait, destroys what nobody reads any more. With a
  // thread: nothing, it does that itself within grace_poll.
  void poll();

  PublishStatus status() const;

 private:
  struct Pending {
    std::shared_ptr<const Desired> desired;
    uint64_t generation;
  };

  void run();
  bool may_publish() const;
  void publish_pending(std::unique_lock<std::mutex>& lock);
  void reclaim(std::unique_lock<std::mutex>& lock);

  Published<Snapshot>& published_;  // the publishing thread's
  const std::function<void(uint64_t)> on_published_;
  Compiled last_;  // the publishing thread's

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // All under mutex_.
  bool stopping_ = false;
  std::optional<Pending> pending_;
  PublishStatus status_;  // without policy_generations
  std::vector<std::pair<uint64_t, std::weak_ptr<const PolicyPart>>> policies_;

  std::thread thread_;  // none in synchronous mode
};

}  // namespace weft::mgmt
