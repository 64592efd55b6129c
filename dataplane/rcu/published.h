// One pointer to an immutable T that mgmt replaces while workers read it; the old version is
// destroyed after a grace period. (ARCHITECTURE.md, decisions 3 and 4)
//
// Thread safety: publish, reclaim, current and waiting belong to one writer thread at a time; each
// Reader to one thread at a time, different Readers to any threads. Nothing here waits.
// Versions are destroyed by the writer, inside reclaim() or the destructor.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/rcu/grace.h"

namespace weft {

template <class T>
class Published {
 public:
  // A worker's side. Offline at first and after it is destroyed. A turn of a worker that is online:
  //   { turn(*reader.read()); reader.quiescent(); }
  class Reader {
   public:
    Reader(Reader&& other) noexcept
        : published_(std::exchange(other.published_, nullptr)),
          index_(other.index_),
          online_(std::exchange(other.online_, false)) {}
    Reader& operator=(Reader&&) = delete;
    ~Reader() {
      if (published_ == nullptr) return;
      offline();
      published_->claimed_[index_].store(false, std::memory_order_release);
    }

    // Before the first read() and after a sleep.
    void online() {
      published_->grace_.online(index_);
      online_ = true;
    }
    // The current version, null before the first publish. Read it once a turn: a second read may
    // give a newer one. Good until quiescent() or offline(). Requires: online.
    const T* read() const {
      DCHECK(online_);
      return published_->current_.load(std::memory_order_acquire);
    }
    // At the end of each turn: this reader holds no pointer. Requires: online.
    void quiescent() {
      DCHECK(online_);
      published_->grace_.quiescent(index_);
    }
    // Before sleeping, blocking or stopping: holds no pointer until online().
    void offline() {
      published_->grace_.offline(index_);
      online_ = false;
    }

   private:
    friend class Published;
    Reader(Published* published, uint32_t index) : published_(published), index_(index) {}

    Published* published_;
    uint32_t index_;
    bool online_ = false;
  };

  // For at most `readers` Readers, numbered from 0. Requires: readers > 0.
  explicit Published(uint32_t readers) : grace_(readers), claimed_(readers) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  // Requires: no Reader exists.
  ~Published() {
    for (const auto& claimed : claimed_) CHECK(!claimed.load(std::memory_order_acquire));
  }

  // Any thread. Requires: index < readers, and no other Reader of that index exists.
  Reader reader(uint32_t index) {
    CHECK(index < claimed_.size());
    CHECK(!claimed_[index].exchange(true, std::memory_order_acq_rel));
    return Reader(this, index);
  }

  // Readers see `next` from their next read() on; the version before it waits for its grace.
  // Requires: next is not null.
  void publish(std::shared_ptr<const T> next) {
    CHECK(next != nullptr);
    // Sequentially consistent: ordered before the look at the readers' counters.
    current_.store(next.get(), std::memory_order_seq_cst);
    std::swap(next, owner_);
    if (next != nullptr) old_.push_back({grace_.start(), std::move(next)});
  }

  // Lets go of the old versions whose grace has passed; gives their number.
  uint32_t reclaim() {
    uint32_t reclaimed = 0;
    for (; !old_.empty() && grace_.passed(old_.front().token); ++reclaimed) old_.pop_front();
    return reclaimed;
  }

  // The version that readers get now; null before the first publish.
  const std::shared_ptr<const T>& current() const { return owner_; }
  // Old versions that a reader may still hold, or that nobody has reclaimed yet.
  std::size_t waiting() const { return old_.size(); }

 private:
  struct Old {
    uint64_t token;  // of the grace period that began when it was replaced
    std::shared_ptr<const T> version;
  };

  alignas(64) std::atomic<const T*> current_{nullptr};  // the writer writes, readers read
  alignas(64) Grace grace_;
  std::vector<std::atomic<bool>> claimed_;  // by reader: a Reader exists
  std::shared_ptr<const T> owner_;          // of current_; the writer's
  std::deque<Old> old_;                     // oldest first; the writer's
};

}  // namespace weft
