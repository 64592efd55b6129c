#include "tests/sim/ledger.h"

#include <fmt/format.h>

namespace weft::sim {

uint64_t Ledger::received() const {
  uint64_t received = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    received += gateway_.counters(worker).interfaces[0].receive_packets.read();
  }
  return received;
}

void Ledger::check_packets() {
  uint64_t in = 0, out = gateway_.rings().packets(), transmitted = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    const WorkerCounters& counters = gateway_.counters(worker);
    out += gateway_.packets_held(worker);
    in += counters.turn.answered.read();
    for (const Counter& dropped : counters.dropped) out += dropped.read();
    const InterfaceCounters& interface = counters.interfaces[0];
    transmitted += interface.transmit_packets.read();
    in += interface.receive_packets.read() + interface.from_twin_packets.read();
    out += interface.to_twin_packets.read();
  }
  if (in != out + transmitted) {
    breaches_.add(fmt::format("counters: {} in, {} out", in, out + transmitted));
  }
  if (transmitted != frames_) {
    breaches_.add(fmt::format("counters: {} transmitted, {} seen", transmitted, frames_));
  }
}

void Ledger::check_end() {
  check_packets();
  const FaultCounts faults = gateway_.fault_counts();
  if (faults.entered + faults.duplicated != faults.lost + faults.overflowed + faults.left) {
    breaches_.add("frames are still on their way");
  }
  if (gateway_.buffers_out() != 0) {
    breaches_.add(fmt::format("{} buffers were not returned", gateway_.buffers_out()));
  }
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    const WorkerCounters& counters = gateway_.counters(worker);
    if (counters.flows_active() != 0) {
      breaches_.add(fmt::format("worker {} still has {} flows", worker, counters.flows_active()));
    }
    const Streams& streams = gateway_.streams(worker);
    if (streams.size() != 0 || streams.unsettled() != 0) {
      breaches_.add(fmt::format("worker {} still has {} streams, {} of them unsettled", worker,
                                streams.size(), streams.unsettled()));
    }
    for (uint32_t slot = 0; slot < SimulatedGateway::endpoints_seen_max; ++slot) {
      const uint64_t flows = counters.endpoints[slot].flows_active.read();
      if (flows == 0) continue;
      breaches_.add(fmt::format("worker {} counts {} flows of slot {}", worker,
                                static_cast<int64_t>(flows), slot));
    }
  }
}

}  // namespace weft::sim
