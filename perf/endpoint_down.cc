// From the moment an endpoint is down to the last packet of a new flow that is sent to it.
//
//   endpoint_down [--trials N] [--json FILE]
//
// 1000 clusters of 1000 endpoints each, shipped controller, publisher and worker. A worker on a CPU
// of its own is sent SYNs, every one of another flow whose first choice is one endpoint. Meanwhile
// the report of that endpoint's failed probe arrives, and the clock starts. It stops when the last
// packet to the endpoint is transmitted. Every trial has another endpoint; the figure is the 99th
// percentile. A trial in which the worker had run out of SYNs when the report came is done again.
// After the death every packet has to go to another endpoint of the cluster.
#include <rte_cycles.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "dataplane/wire/ipv4.h"
#include "perf/bench_gateway.h"
#include "perf/row.h"
#include "pipelines/l4/pick_endpoint.h"

namespace weft {
namespace {

constexpr BenchMesh mesh{.clusters = 1000, .endpoints = 1000, .maglev_slots = 65521};
constexpr uint32_t syns_of_a_trial = 1024;  // a multiple of a burst

double ms(uint64_t cycles) {
  return 1e3 * static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz());
}

class Bench {
 public:
  Bench()
      : gateway_(mesh, mgmt::Publisher::Mode::synchronous, [this](auto p, uint32_t) { watch(p); }) {
  }

  void run(uint32_t trials) {
    gateway_.settle();
    const auto& probes = gateway_.hold_probes(trials);
    std::thread worker([this] { work(); });
    for (uint32_t trial = 0; trial < trials; ++trial) {
      while (!measure(probes[trial])) ++repeated_;
    }
    command_ = Command::end;
    worker.join();
  }

  const std::vector<double>& samples() const { return samples_; }
  uint32_t repeated() const { return repeated_; }
  uint32_t interrupted() const { return interrupted_; }
  bool valid() const { return valid_; }

 private:
  enum class Command : uint8_t { wait, go, end };

  // ---- mgmt's thread

  // False: the worker was through with its SYNs before the endpoint was down.
  bool measure(const mgmt::EndpointProbe& probe) {
    const EndpointRecord& record =
        gateway_.snapshot().endpoints->records[index(probe.endpoint.slot)];
    victim_ = record.address;
    gateway_.wire().offer(syns_to(record.cluster, probe.endpoint.slot), 1);
    last_sent_ = 0;
    sent_ = 0;
    command_ = Command::go;
    while (sent_ == 0) rte_pause();
    const uint64_t start = rte_rdtsc();
    const uint64_t wait_us = 10 + random_ % 90;
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    while (ms(rte_rdtsc() - start) * 1000 < static_cast<double>(wait_us)) rte_pause();
    const bool early = command_ == Command::go;
    if (early) {
      down_ = rte_rdtsc();
      gateway_.controller().on_probed(
          {probe.endpoint, probe.attempt, mgmt::ProbeOutcome::failed, "connection refused"},
          gateway_.now());
    }
    while (command_ != Command::wait) rte_pause();
    if (!early || ended_ < down_) return false;
    valid_ = valid_ && sent_ < syns_of_a_trial;
    samples_.push_back(last_sent_ > down_ ? ms(last_sent_ - down_) : 0);
    gateway_.controller().poll(gateway_.now());  // takes the log away
    return true;
  }

  // Distinct flows, also over trials, whose first choice is this endpoint.
  std::vector<BenchFrame> syns_to(ClusterSlot cluster, EndpointSlot endpoint) {
    const ClusterRecord& record = *gateway_.snapshot().endpoints->clusters[index(cluster)];
    const uint64_t seed = gateway_.snapshot().policy->hash_seed;
    const BenchFrame first = bench_frame(index(cluster), 0, tcp_flag::syn);
    std::vector<BenchFrame> frames;
    Headers headers;
    headers.destination = bench_listener(index(cluster));
    headers.destination_port = be16(80);
    headers.protocol = Protocol::tcp;
    while (frames.size() < syns_of_a_trial) {
      const BenchFlow flow = bench_flow(flow_++);
      headers.source = IpAddress::v4(flow.address);
      headers.source_port = flow.port;
      const uint64_t hash = flow_hash(headers, HashOn::five_tuple, seed);
      if (record.endpoints[record.maglev->pick(hash_choice(hash, 0))] != endpoint) continue;
      frames.push_back(with_flow(first, flow));
    }
    return frames;
  }

  // ---- the worker's thread

  void work() {
    valid_ = run_on_cpu(1);
    gateway_.online();
    for (;;) {
      const Command command = command_;
      if (command == Command::end) break;
      if (command == Command::wait) {
        rte_pause();
        continue;
      }
      const uint64_t switches = involuntary_switches();
      while (!gateway_.wire().exhausted()) gateway_.turn(worker_now());
      ended_ = rte_rdtsc();
      interrupted_ += involuntary_switches() != switches ? 1 : 0;
      command_ = Command::wait;
    }
    gateway_.offline();
  }

  Instant worker_now() const {
    return Instant{} + Duration(static_cast<int64_t>(ms(rte_rdtsc() - started_) * 1e6));
  }

  void watch(std::span<Packet> packets) {
    bool to_victim = false;
    for (const Packet packet : packets) {
      const auto outer = IpAddress::v4(load<be32>(packet.data() + 14 + 16));
      if (outer != victim_) continue;
      ++sent_;
      to_victim = true;
    }
    if (to_victim) last_sent_ = rte_rdtsc();
  }

  const uint64_t started_ = rte_rdtsc();
  std::atomic<Command> command_{Command::wait};
  IpAddress victim_;               // mgmt writes while the worker waits
  uint64_t last_sent_ = 0;         // the worker writes until it waits
  std::atomic<uint64_t> sent_{0};  // likewise, to the victim
  uint64_t ended_ = 0;             // likewise
  uint32_t interrupted_ = 0;       // likewise: trials with an involuntary context switch
  std::atomic<bool> valid_{true};
  uint64_t down_ = 0;
  uint64_t random_ = 1;
  uint32_t flow_ = 0;
  uint32_t repeated_ = 0;
  std::vector<double> samples_;
  BenchGateway gateway_;
};

Row measure(uint32_t trials) {
  Bench bench;
  bench.run(trials);
  std::vector<double> sorted = bench.samples();
  std::ranges::sort(sorted);
  const auto percentile = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  std::printf(
      "%zu endpoints died: median %.4f ms, 99 %% %.4f ms, longest %.4f ms; %u trials with "
      "an involuntary context switch of the worker, %u repeated\n",
      sorted.size(), percentile(0.5), percentile(0.99), sorted.back(), bench.interrupted(),
      bench.repeated());
  return {.name = "endpoint_down/1000x1000",
          .value = percentile(0.99),
          .unit = "ms, 99th percentile",
          .valid = bench.valid(),
          .samples = bench.samples()};
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("From an endpoint's death to the last packet of a new flow sent to it");
  uint32_t trials = 1000;
  std::string json;
  app.add_option("--trials", trials)->check(CLI::Range(10, 1000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  weft::start_bench_eal();
  const weft::Row row = weft::measure(trials);
  if (!json.empty()) weft::write_rows({row}, json);
  return 0;
}
