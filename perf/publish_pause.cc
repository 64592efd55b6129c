// What a new snapshot costs the worker that meets it.
//
//   publish_pause [--publishes N] [--json FILE]
//
// A worker on a CPU of its own forwards full bursts of established flows of 100 listeners with 100
// endpoints each, turn after turn. mgmt changes the weight of an endpoint, compiles and publishes,
// on its own thread, a thousand times. The pause of a publish is the time of the turn in which the
// worker first reads the new snapshot, less the median turn; turns with an involuntary context
// switch do not count, and their number is said. The figure is the 99th percentile; the same of all
// turns, which nothing meets, is printed beside: no pause can be told from what is shorter.
#include <rte_cycles.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <thread>

#include "perf/bench_gateway.h"
#include "perf/row.h"

namespace weft {
namespace {

constexpr BenchMesh mesh{.clusters = 100, .endpoints = 100};
constexpr uint32_t flows = 8192;  // a multiple of a burst
constexpr uint32_t turns_kept = 1u << 16;

double us(uint64_t cycles) {
  return 1e6 * static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz());
}

std::vector<BenchFrame> established_flows() {
  std::vector<BenchFrame> frames;
  for (uint32_t flow = 0; flow < flows; ++flow) {
    frames.push_back(bench_frame(flow % mesh.clusters, flow, tcp_flag::ack));
  }
  std::ranges::shuffle(frames, std::mt19937(7));
  return frames;
}

class Bench {
 public:
  Bench()
      : gateway_(mesh, mgmt::Publisher::Mode::thread,
                 [this](auto p, uint32_t) { sent_ += p.size(); }) {}

  void run(uint32_t publishes) {
    gateway_.settle();
    gateway_.wire().offer(established_flows());
    std::thread worker([this] { work(); });
    mgmt::Model model = gateway_.controller().model();
    for (uint32_t publish = 0; publish < publishes; ++publish) {
      mgmt::ClusterSettings& cluster = model.clusters[publish % mesh.clusters];
      cluster.endpoints[publish % mesh.endpoints].weight = 1 + publish / mesh.clusters % 3;
      CHECK(gateway_.controller().on_config(model, gateway_.now()));
      const uint64_t before = gateway_.published_generation();
      while (gateway_.published_generation() == before) gateway_.step(milliseconds(1));
      while (met_ < gateway_.published_generation()) std::this_thread::yield();
      std::this_thread::sleep_for(milliseconds(1));
    }
    stop_ = true;
    worker.join();
  }

  std::vector<double> pauses_us() const {
    std::vector<uint64_t> sorted = turns_;
    std::ranges::sort(sorted);
    const uint64_t median = sorted[sorted.size() / 2];
    std::vector<double> pauses;
    for (const uint64_t cycles : meetings_) {
      pauses.push_back(cycles > median ? us(cycles - median) : 0);
    }
    return pauses;
  }
  // How much longer than the median those are that only one turn in a hundred exceeds.
  double ordinary_us() const {
    std::vector<uint64_t> sorted = turns_;
    std::ranges::sort(sorted);
    return us(sorted[sorted.size() * 99 / 100] - sorted[sorted.size() / 2]);
  }
  double median_turn_us() const {
    std::vector<uint64_t> sorted = turns_;
    std::ranges::sort(sorted);
    return us(sorted[sorted.size() / 2]);
  }
  uint32_t interrupted() const { return interrupted_; }
  // Every packet of every turn was forwarded, and the worker had its own CPU.
  bool valid() const { return valid_ && sent_ == turn_ * Burst::packets_max; }

 private:
  void work() {
    valid_ = run_on_cpu(1);
    gateway_.online();
    turns_.resize(turns_kept);
    uint64_t generation = 0;
    uint64_t switches = involuntary_switches();
    while (!stop_.load(std::memory_order_relaxed)) {
      const uint64_t start = rte_rdtsc();
      gateway_.turn(Instant{} + Duration(static_cast<int64_t>(us(start - started_) * 1e3)));
      const uint64_t cycles = rte_rdtsc() - start;
      const uint64_t now_switches = involuntary_switches();
      const bool interrupted = now_switches != switches;
      switches = now_switches;
      const uint64_t now_generation = gateway_.snapshot_generation();
      if (now_generation != generation) {
        if (turn_ > 0) note(cycles, interrupted);
        generation = now_generation;
        met_.store(generation, std::memory_order_release);
      }
      turns_[turn_++ % turns_kept] = cycles;
    }
    if (turn_ < turns_kept) turns_.resize(turn_);
    gateway_.offline();
  }
  void note(uint64_t cycles, bool interrupted) {
    interrupted_ += interrupted ? 1 : 0;
    if (!interrupted) meetings_.push_back(cycles);
  }

  const uint64_t started_ = rte_rdtsc();
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> met_{0};  // the newest generation that the worker read
  // The worker's, and everybody's when it has ended.
  bool valid_ = false;
  uint64_t turn_ = 0;
  uint64_t sent_ = 0;
  uint32_t interrupted_ = 0;
  std::vector<uint64_t> turns_;     // cycles of the last turns
  std::vector<uint64_t> meetings_;  // cycles of the turns that met a new snapshot
  BenchGateway gateway_;
};

Row measure(uint32_t publishes) {
  Bench bench;
  bench.run(publishes);
  std::vector<double> sorted = bench.pauses_us();
  std::ranges::sort(sorted);
  const auto percentile = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  std::printf(
      "%zu publishes met, %u more in a turn with an involuntary context switch; median turn "
      "%.2f us; pause: median %.2f us, 90 %% %.2f us, 99 %% %.2f us, longest %.2f us; of any turn "
      "99 %% %.2f us\n",
      sorted.size(), bench.interrupted(), bench.median_turn_us(), percentile(0.5), percentile(0.9),
      percentile(0.99), sorted.back(), bench.ordinary_us());
  return {.name = "publish_pause",
          .value = percentile(0.99),
          .unit = "us, 99th percentile",
          .valid = bench.valid() && sorted.size() >= publishes / 2,
          .samples = bench.pauses_us()};
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("What a new snapshot costs the worker that meets it");
  uint32_t publishes = 1000;
  std::string json;
  app.add_option("--publishes", publishes)->check(CLI::Range(10, 100'000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  weft::start_bench_eal();
  const weft::Row row = weft::measure(publishes);
  if (!json.empty()) weft::write_rows({row}, json);
  return 0;
}
