// Workers on interfaces of memory, one turn at a time: what tests of the loop share.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/memory_interface.h"
#include "dataplane/worker/worker.h"
#include "pipelines/worker_counters.h"
#include "tests/scripted_pipeline.h"

namespace weft::test {

struct WorkerLabSettings {
  uint32_t workers = 1;
  uint32_t interfaces = 2;
  uint32_t queues = 1;  // of each interface; twins have one
  uint32_t queue_frames_max = 256;
  uint32_t ring_packets_max = 256;
  IdleMode idle = IdleMode::adaptive;
};

class WorkerLab {
 public:
  using ScriptedWorker = Worker<ScriptedPipeline, ScriptedReader>;

  explicit WorkerLab(const WorkerLabSettings& settings)
      : rings_(settings.workers, settings.ring_packets_max) {
    for (uint32_t i = 0; i < settings.interfaces; ++i) {
      wires_.push_back(std::make_unique<MemoryInterface>(
          MemorySettings{.name = "wire",
                         .queues = settings.queues,
                         .queue_frames_max = settings.queue_frames_max},
          pool_.mempool()));
      twins_.push_back(std::make_unique<MemoryInterface>(
          MemorySettings{.name = "twin", .queue_frames_max = settings.queue_frames_max},
          pool_.mempool()));
      attachments_.push_back({*wires_.back(), *twins_.back()});
    }
    for (uint32_t i = 0; i < settings.workers; ++i) {
      members_.push_back(std::make_unique<Member>(settings, i, attachments_, rings_, &snapshot_));
    }
  }

  MemoryInterface& wire(uint32_t interface) { return *wires_[interface]; }
  MemoryInterface& twin(uint32_t interface) { return *twins_[interface]; }
  ScriptedWorker& worker(uint32_t i) { return members_[i]->worker; }
  ScriptedPipeline& pipeline(uint32_t i) { return members_[i]->pipeline; }
  ScriptedReader& reader(uint32_t i) { return members_[i]->reader; }
  Tap& tap(uint32_t i) { return members_[i]->tap; }
  WorkerCounters& counters(uint32_t i) { return members_[i]->counters; }
  HandOffRings& rings() { return rings_; }
  GuardedPool& pool() { return pool_; }
  ScriptedSnapshot& snapshot() { return snapshot_; }

  // Every worker turns, until none finds a packet.
  void settle(Instant now = Instant(seconds(1))) {
    for (bool busy = true; busy;) {
      busy = false;
      for (const auto& member : members_) busy |= member->worker.turn(now);
    }
  }

  uint64_t dropped(Drop drop) {
    uint64_t sum = 0;
    for (const auto& m : members_)
      sum += m->counters.dropped[static_cast<std::size_t>(drop)].read();
    return sum;
  }

  // What dataplane/worker/counters.h promises.
  bool counters_add_up() {
    uint64_t in = 0, out = rings_.packets();
    for (const auto& member : members_) {
      in += member->counters.turn.answered.read();
      for (const Counter& dropped : member->counters.dropped) out += dropped.read();
      for (const InterfaceCounters& i : member->counters.interfaces) {
        in += i.receive_packets.read() + i.from_twin_packets.read();
        out += i.transmit_packets.read() + i.to_twin_packets.read();
      }
    }
    return in == out;
  }

 private:
  struct Member {
    Member(const WorkerLabSettings& settings, uint32_t i, std::span<const Attachment> attachments,
           HandOffRings& rings, const ScriptedSnapshot* snapshot)
        : pipeline(static_cast<uint16_t>(i)),
          reader(snapshot),
          worker({.index = i, .idle = settings.idle, .tap = &tap}, attachments, rings, pipeline,
                 reader, counters.loop()) {}
    WorkerCounters counters;
    Tap tap;
    ScriptedPipeline pipeline;
    ScriptedReader reader;
    ScriptedWorker worker;
  };

  GuardedPool pool_{4095};
  ScriptedSnapshot snapshot_;
  std::vector<std::unique_ptr<MemoryInterface>> wires_;
  std::vector<std::unique_ptr<MemoryInterface>> twins_;
  std::vector<Attachment> attachments_;
  HandOffRings rings_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace weft::test
