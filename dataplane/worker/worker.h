// The loop of one core. A turn: a burst from each of the worker's queues goes through the pipeline,
// then what other workers handed over, then what the kernel sent on the twins; then everything
// leaves, grouped by where it goes. Within a turn nothing allocates, locks, logs, reads another
// clock than `now` or calls the kernel (device drivers aside), and all bursts see one snapshot.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/wire/burst.h"
#include "dataplane/worker/counters.h"
#include "dataplane/worker/handoff.h"
#include "dataplane/worker/idle.h"
#include "dataplane/worker/nap.h"
#include "dataplane/worker/outbound.h"
#include "dataplane/worker/pipeline.h"
#include "dataplane/worker/placement.h"
#include "dataplane/worker/tsc_clock.h"

namespace weft {

struct WorkerSettings {
  uint32_t index = 0;  // of HandOffRings::workers()
  IdleMode idle = IdleMode::adaptive;
  Tap* tap = nullptr;  // outlives the worker; null: nobody captures
};

// Thread safety: turn and run belong to one thread.
template <class PipelineType, SnapshotReader Reader>
class Worker {
 public:
  // Everything given by reference outlives the worker; `attachments` is copied.
  Worker(const WorkerSettings& settings, std::span<const Attachment> attachments,
         HandOffRings& rings, PipelineType& pipeline, Reader& reader, LoopCounters counters);

  // One turn at one moment, for tests and simulation. True when there was a packet.
  // Before the first snapshot is published it does nothing. Requires: the reader is online.
  bool turn(Instant now) {
    return turn_by([now] { return now; });
  }

  // Turns until `stop` is set; the reader is online meanwhile, except when the worker sleeps.
  // Reads the clock once a burst.
  void run(const std::atomic<bool>& stop);

 private:
  struct Inlet {
    Interface* interface;
    uint16_t index;  // of the interface
    uint16_t queue;
  };

  template <class Clock>
  bool turn_by(Clock clock);
  template <class Snapshot, class Clock>
  uint32_t receive(const Inlet& inlet, const Snapshot& snapshot, Clock clock);
  template <class Snapshot, class Clock>
  uint32_t receive_from_twin(const Inlet& inlet, const Snapshot& snapshot, Clock clock);
  template <class Snapshot, class Clock>
  uint32_t take_over(uint32_t from, const Snapshot& snapshot, Clock clock);
  template <class Snapshot>
  void process(uint32_t count, uint16_t interface, uint32_t followed, const Snapshot& snapshot,
               Instant now);

  WorkerSettings settings_;
  HandOffRings& rings_;
  PipelineType& pipeline_;
  Reader& reader_;
  LoopCounters counters_;
  Outbound outbound_;
  std::vector<Inlet> wires_;
  std::vector<Inlet> twins_;
  Burst burst_;
};

template <class PipelineType, SnapshotReader Reader>
Worker<PipelineType, Reader>::Worker(const WorkerSettings& settings,
                                     std::span<const Attachment> attachments, HandOffRings& rings,
                                     PipelineType& pipeline, Reader& reader, LoopCounters counters)
    : settings_(settings),
      rings_(rings),
      pipeline_(pipeline),
      reader_(reader),
      counters_(counters),
      outbound_(settings.index, attachments, rings, counters, settings.tap) {
  const auto add = [&](std::vector<Inlet>& inlets, Interface& interface, std::size_t index) {
    for (const uint16_t queue :
         queue_share(settings.index, rings.workers(), interface.queues()).receives) {
      inlets.push_back({&interface, static_cast<uint16_t>(index), queue});
    }
  };
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    add(wires_, attachments[i].wire, i);
    add(twins_, attachments[i].twin, i);
  }
}

template <class PipelineType, SnapshotReader Reader>
template <class Clock>
bool Worker<PipelineType, Reader>::turn_by(Clock clock) {
  const auto* snapshot = reader_.read();
  if (snapshot == nullptr) {
    reader_.quiescent();
    return false;
  }
  uint32_t packets = 0;
  for (const Inlet& wire : wires_) packets += receive(wire, *snapshot, clock);
  for (uint32_t from = 0; from < rings_.workers(); ++from) {
    if (from != settings_.index) packets += take_over(from, *snapshot, clock);
  }
  if (packets == 0) pipeline_.idle(*snapshot, clock());
  if (pipeline_.release(burst_, *snapshot, clock()) != 0) outbound_.carry_out(burst_);
  for (const Inlet& twin : twins_) packets += receive_from_twin(twin, *snapshot, clock);
  outbound_.flush();
  counters_.turn.snapshot_generation.set(snapshot->generation);
  reader_.quiescent();
  counters_.turn.turns.add(1);
  if (packets != 0) counters_.turn.busy_turns.add(1);
  return packets != 0;
}

template <class PipelineType, SnapshotReader Reader>
template <class Snapshot, class Clock>
uint32_t Worker<PipelineType, Reader>::receive(const Inlet& inlet, const Snapshot& snapshot,
                                               Clock clock) {
  const uint32_t count = inlet.interface->receive(inlet.queue, burst_.packets);
  if (count == 0) return 0;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) bytes += burst_.packets[i].bytes();
  InterfaceCounters& counters = counters_.interfaces[inlet.index];
  counters.receive_packets.add(count);
  counters.receive_bytes.add(bytes);
  process(count, inlet.index, 0, snapshot, clock());
  return count;
}

template <class PipelineType, SnapshotReader Reader>
template <class Snapshot, class Clock>
uint32_t Worker<PipelineType, Reader>::receive_from_twin(const Inlet& inlet,
                                                         const Snapshot& snapshot, Clock clock) {
  const uint32_t count = inlet.interface->receive(inlet.queue, burst_.packets);
  if (count == 0) return 0;
  counters_.interfaces[inlet.index].from_twin_packets.add(count);
  burst_.start(count, inlet.index);
  pipeline_.process_from_twin(burst_, snapshot, clock());
  outbound_.carry_out(burst_);
  return count;
}

// One burst a turn from each worker. What came in on different interfaces goes through the pipeline
// in different bursts; the sender's bursts keep such packets together.
template <class PipelineType, SnapshotReader Reader>
template <class Snapshot, class Clock>
uint32_t Worker<PipelineType, Reader>::take_over(uint32_t from, const Snapshot& snapshot,
                                                 Clock clock) {
  std::array<HandOff, Burst::packets_max> handed;
  const uint32_t count = rings_.ring(from, settings_.index).pop(handed);
  for (uint32_t i = 0; i < count; ++i) prefetch_to_write(handed[i].packet.buffer());
  for (uint32_t i = 0; i < count; ++i) {
    const std::byte* data = handed[i].packet.data();
    prefetch_to_write(data);
    prefetch_to_write(data - RTE_CACHE_LINE_SIZE);  // a tunnel's header begins there
  }
  uint32_t collected = 0, processed = 0, followed = 0;
  uint16_t interface = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (handed[i].purpose != Purpose::process) {
      outbound_.pass_on(handed[i]);
      continue;
    }
    if (collected != 0 && handed[i].interface != interface) {
      process(collected, interface, followed, snapshot, clock());
      collected = followed = 0;
    }
    interface = handed[i].interface;
    burst_.packets[collected] = handed[i].packet;
    burst_.ports[collected] = {handed[i].source_port, handed[i].destination_port,
                               handed[i].protocol};
    followed |= uint32_t{handed[i].protocol != Protocol::none} << collected++;
    ++processed;
  }
  if (collected != 0) process(collected, interface, followed, snapshot, clock());
  counters_.turn.handed_over.add(processed);
  return count;
}

template <class PipelineType, SnapshotReader Reader>
template <class Snapshot>
void Worker<PipelineType, Reader>::process(uint32_t count, uint16_t interface, uint32_t followed,
                                           const Snapshot& snapshot, Instant now) {
  static_assert(Pipeline<PipelineType, Snapshot>);
  burst_.start(count, interface);
  burst_.followed = followed;
  pipeline_.process(burst_, snapshot, now);
  uint32_t handed_off = 0;
  for (uint32_t i = 0; i < count; ++i) {
    handed_off += burst_.outcomes[i].verdict == Verdict::hand_off;
  }
  counters_.turn.packets.add(count - handed_off);
  outbound_.carry_out(burst_);
}

template <class PipelineType, SnapshotReader Reader>
void Worker<PipelineType, Reader>::run(const std::atomic<bool>& stop) {
  prepare_to_nap();
  TscClock clock;
  IdlePolicy idle(settings_.idle);
  reader_.online();
  uint64_t since = TscClock::cycles();
  while (!stop.load(std::memory_order_relaxed)) {
    const bool busy = turn_by([&clock] { return clock.now(); });
    if (const Duration pause = idle.after_turn(busy); pause != Duration::zero()) {
      reader_.offline();
      nap(pause);
      reader_.online();
    }
    clock.keep_up(clock.now());
    const uint64_t until = TscClock::cycles();
    (busy ? counters_.turn.busy_cycles : counters_.turn.idle_cycles).add(until - since);
    since = until;
  }
  reader_.offline();
}

}  // namespace weft
