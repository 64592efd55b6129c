// What a second worker is worth.
//
//   two_workers [--flows N] [--runs N] [--json FILE]
//   two_workers --only one|two|one_queue [--flows N] [--runs N]     for a profiler: that alone
//
// Real worker loops on CPU 0 and CPU 1, each with its own flow tables, forward 64-byte frames of N
// distinct flows in random order to 100 listeners with 100 endpoints each. Windows of these take
// turns, and the median of the ratios counts:
//   one         one worker, of a gateway that has one
//   two         two workers, each packet on a queue of the worker that owns its flow
//   one queue   two workers, all packets on the queue of the first, which owns a quarter of
//               the flows and hands over the others; both transmit
//   loop        random reads of 32 MiB by one thread, and by two: what the machine itself loses to
//               a second core
// `scaling` is two / (2 * one) over the same quotient of the loop; `one_queue` is one queue / one.
// One output in some thousand is decoded independently. A packet that was dropped makes a row
// invalid, but for those that find the ring to the other worker full: they do not count.
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <rte_pause.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>

#include "dataplane/interface/dpdk_buffers.h"
#include "dataplane/rcu/published.h"
#include "dataplane/worker/eal_thread.h"
#include "dataplane/worker/worker.h"
#include "perf/bench_gateway.h"
#include "perf/l4_work.h"
#include "perf/row.h"
#include "pipelines/gateway.h"
#include "tests/packet_decoder.h"

namespace weft {
namespace {

constexpr uint32_t cpus = 2;
constexpr KeyedHash::Key steering_key{5, 6, 7, 8};
constexpr auto warm_up = std::chrono::milliseconds(2);
constexpr auto window = std::chrono::milliseconds(20);

// What each CPU does over and over; empty: it waits.
using Task = std::array<std::function<void()>, cpus>;

// A thread on each CPU.
class Crew {
 public:
  Crew() {
    for (uint32_t cpu = 0; cpu < cpus; ++cpu) {
      auto thread = EalThread::start("bench", cpu, [this, cpu] { work(cpu); });
      CHECK(thread);
      threads_.push_back(*std::move(thread));
    }
  }
  ~Crew() { give(nullptr, true); }

  // How often `done` counts in a second while the task is worked on.
  double rate(const Task& task, const std::function<uint64_t()>& done) {
    give(&task, false);
    std::this_thread::sleep_for(warm_up);
    const uint64_t before = done();
    const uint64_t start = rte_rdtsc();
    std::this_thread::sleep_for(window);
    const uint64_t after = done();
    const uint64_t cycles = rte_rdtsc() - start;
    give(nullptr, false);
    return static_cast<double>(after - before) * static_cast<double>(rte_get_tsc_hz()) /
           static_cast<double>(cycles);
  }

 private:
  struct alignas(64) Seen {
    std::atomic<uint64_t> orders{0};  // the CPU's thread writes
  };

  // Returns when both threads have begun with it.
  void give(const Task* task, bool stop) {
    task_.store(task, std::memory_order_relaxed);
    stop_.store(stop, std::memory_order_relaxed);
    const uint64_t orders = orders_.fetch_add(1, std::memory_order_release) + 1;
    for (const Seen& seen : seen_) {
      while (seen.orders.load(std::memory_order_acquire) != orders) std::this_thread::yield();
    }
  }

  void work(uint32_t cpu) {
    uint64_t seen = 0;
    const std::function<void()>* step = nullptr;
    while (true) {
      if (const uint64_t orders = orders_.load(std::memory_order_acquire); orders != seen) {
        seen = orders;
        const Task* task = task_.load(std::memory_order_relaxed);
        step = task == nullptr || !(*task)[cpu] ? nullptr : &(*task)[cpu];
        const bool stop = stop_.load(std::memory_order_relaxed);
        seen_[cpu].orders.store(seen, std::memory_order_release);
        if (stop) return;
      }
      step == nullptr ? rte_pause() : (*step)();
    }
  }

  // The main thread writes.
  alignas(64) std::atomic<uint64_t> orders_{0};
  std::atomic<const Task*> task_{nullptr};
  std::atomic<bool> stop_{false};
  std::array<Seen, cpus> seen_;
  std::vector<EalThread> threads_;  // last: they use the others
};

// Independent reads of random cache lines, as the path's look-ups are.
class RandomReads {
 public:
  RandomReads() : lines_(line_count) {
    for (std::size_t i = 0; i < line_count; ++i) lines_[i].words[0] = i;
  }
  void step() {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      sum += lines_[random_ % line_count].words[0];
    }
    sum_ += sum;
    done_.add(Burst::packets_max);
  }
  uint64_t done() const { return done_.read(); }

 private:
  struct alignas(64) Line {
    std::array<uint64_t, 8> words;
  };
  static constexpr std::size_t line_count = (32u << 20) / sizeof(Line);

  HugeArray<Line> lines_;
  uint64_t random_ = 88172645463325252u;
  uint64_t sum_ = 0;
  alignas(64) Counter done_;
};

// A gateway with its workers, one queue each.
class World {
 public:
  enum class Arrival : uint8_t { at_owner, at_first };

  World(Work work, uint32_t workers, Arrival arrival, rte_mempool& pool, Crew& crew)
      : work_(with_workers(work, workers, arrival)),
        gateway_(make_gateway(work_)),
        wire_(
            pool, [this](std::span<Packet> packets, uint32_t queue) { watch(packets, queue); },
            workers, LoopInterface::Freed::elsewhere),
        twin_(pool),
        published_(workers),
        rings_(workers) {
    published_.publish(std::make_shared<const Snapshot>(gateway_.snapshot));
    for (uint32_t w = 0; w < workers; ++w) lanes_.push_back(std::make_unique<Lane>(*this, w));
    offer(arrival);
    learn(crew);
  }

  Task task() {
    Task task;
    for (uint32_t w = 0; w < lanes_.size(); ++w) task[w] = [&lane = *lanes_[w]] { lane.turn(); };
    return task;
  }
  uint64_t sent() const {
    uint64_t sent = 0;
    for (const auto& lane : lanes_) sent += lane->counters.interfaces[0].transmit_packets.read();
    return sent;
  }
  uint64_t dropped(Drop why) const {
    uint64_t dropped = 0;
    for (const auto& lane : lanes_) {
      dropped += lane->counters.dropped[static_cast<std::size_t>(why)].read();
    }
    return dropped;
  }
  // Every flow has its entry, nothing was lost but to a full ring, and what came out is right.
  bool valid() const {
    uint64_t entries = 0;
    for (const auto& lane : lanes_) entries += lane->gateway.l4().flows().tunnel4.counts().entries;
    uint64_t lost = 0;
    for (std::size_t why = 0; why < drops; ++why) {
      if (static_cast<Drop>(why) != Drop::handoff_full) lost += dropped(static_cast<Drop>(why));
    }
    uint64_t verified = 0;
    for (const auto& lane : lanes_) verified += lane->verified;
    return entries == work_.flows && lost == 0 && verified > 0;
  }

 private:
  using Reader = Published<Snapshot>::Reader;

  struct alignas(64) Lane {
    Lane(World& world, uint32_t w)
        : gateway(settings(world, w), *world.gateway_.states, world.refuse_, counters,
                  world.gateway_.snapshot.policy->timeouts, Instant{}),
          reader(world.published_.reader(w)),
          worker({.index = w, .idle = IdleMode::poll}, world.attachments_, world.rings_, gateway,
                 reader, counters.loop()) {
      reader.online();
    }

    void turn() { worker.turn(clock.now()); }

    WorkerCounters counters;
    Gateway gateway;
    Reader reader;
    TscClock clock;
    Worker<Gateway, Reader> worker;
    uint64_t bursts = 0;  // transmitted
    uint64_t verified = 0;
  };

  static Work with_workers(Work work, uint32_t workers, Arrival arrival) {
    const uint32_t queues = arrival == Arrival::at_owner ? workers : 1;
    work.worker_weights = worker_weights(workers, std::array{queues});
    return work;
  }
  static L4Settings settings(const World& world, uint32_t worker) {
    L4Settings settings;
    settings.worker = static_cast<uint16_t>(worker);
    settings.flows_max = {1, 1, 1, 1};
    const WorkerShare& share = world.gateway_.snapshot.policy->shares[worker];
    const double places = share.rounded_up(world.work_.flows) / 0.75;
    settings.flows_max.tunnel4 = std::bit_ceil(static_cast<uint32_t>(places));
    settings.flow_key = {1, 2, 3, 4};
    settings.steering_key = steering_key;
    settings.links.resize(1);
    return settings;
  }

  void offer(Arrival arrival) {
    std::vector<std::vector<Frame>> queues(lanes_.size());
    const SteeringHash hash(steering_key, SteeringShape{});
    for (const Frame& frame : make_frames(work_)) {
      const auto in = test::decode(frame.bytes);
      const Headers headers{.source = *IpAddress::parse(in.source),
                            .source_port = be16(in.source_port),
                            .destination_port = be16(in.destination_port),
                            .protocol = Protocol::tcp,
                            .payload = Payload::transport};
      const uint32_t bucket = steering::owner(headers, steering::Way::as_it_came, hash);
      const uint32_t owner = gateway_.snapshot.policy->steering[bucket];
      queues[arrival == Arrival::at_owner ? owner : 0].push_back(frame);
    }
    for (uint32_t q = 0; q < queues.size(); ++q) wire_.offer(std::move(queues[q]), UINT64_MAX, q);
  }

  // Until every flow has its entry.
  void learn(Crew& crew) {
    const auto known = [this] {
      uint64_t flows = 0;
      for (const auto& lane : lanes_) flows += lane->counters.flows_active();
      return flows;
    };
    const Task task = this->task();
    while (known() < work_.flows) crew.rate(task, [this] { return sent(); });
  }

  void watch(std::span<Packet> packets, uint32_t queue) {
    constexpr uint64_t verify_bursts = 4096;
    Lane& lane = *lanes_[queue];
    if (++lane.bursts % verify_bursts != 0) return;
    const auto out = test::decode(packets[0].linear());
    const auto inner = test::decode_ip(out.payload);
    CHECK(out.sound() && out.destination.starts_with("10."));
    CHECK(inner.sound() && inner.source.starts_with("192.0.2.") && inner.destination_port == 80);
    ++lane.verified;
  }

  const Work work_;
  test::TestGateway gateway_;
  LoopInterface wire_;
  LoopInterface twin_;
  std::array<Attachment, 1> attachments_{Attachment{wire_, twin_}};
  std::atomic<bool> refuse_{false};
  Published<Snapshot> published_;
  HandOffRings rings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Samples {
  std::vector<double> one, two, one_queue, path, loop, scaling, gain;
};

Samples sample(Crew& crew, World& one, World& two, World& one_queue, uint32_t runs) {
  std::array<std::unique_ptr<RandomReads>, cpus> reads{std::make_unique<RandomReads>(),
                                                       std::make_unique<RandomReads>()};
  const auto world_rate = [&](World& world) {
    return crew.rate(world.task(), [&] { return world.sent(); });
  };
  const auto loop_rate = [&](uint32_t threads) {
    Task task;
    for (uint32_t t = 0; t < threads; ++t) task[t] = [&reads, t] { reads[t]->step(); };
    return crew.rate(task, [&] { return reads[0]->done() + reads[1]->done(); });
  };
  Samples samples;
  for (uint32_t run = 0; run < runs; ++run) {
    const double loop_one = loop_rate(1);
    const double loop_two = loop_rate(2);
    samples.one.push_back(world_rate(one));
    samples.two.push_back(world_rate(two));
    samples.one_queue.push_back(world_rate(one_queue));
    samples.loop.push_back(loop_two / (2 * loop_one));
    samples.path.push_back(samples.two.back() / (2 * samples.one.back()));
    samples.scaling.push_back(samples.path.back() / samples.loop.back());
    samples.gain.push_back(samples.one_queue.back() / samples.one.back());
  }
  return samples;
}

// As interfaces have it.
Buffers make_pool() {
  auto pool = make_buffers("two_workers", 16383, standard_buffer_bytes);
  CHECK(pool);
  return *std::move(pool);
}

void run_only(const std::string& what, const Work& work, uint32_t runs) {
  const Buffers pool = make_pool();
  Crew crew;
  const auto arrival = what == "one_queue" ? World::Arrival::at_first : World::Arrival::at_owner;
  World world(work, what == "one" ? 1 : 2, arrival, *pool, crew);
  std::vector<double> rates;
  for (uint32_t run = 0; run < runs; ++run) {
    rates.push_back(crew.rate(world.task(), [&] { return world.sent(); }));
  }
  std::printf("%s: %.2f million packets a second\n", what.c_str(), median(rates) / 1e6);
}

std::vector<Row> measure(const Work& work, uint32_t runs) {
  const Buffers pool = make_pool();
  Crew crew;
  World one(work, 1, World::Arrival::at_owner, *pool, crew);
  World two(work, 2, World::Arrival::at_owner, *pool, crew);
  World one_queue(work, 2, World::Arrival::at_first, *pool, crew);
  const Samples samples = sample(crew, one, two, one_queue, runs);
  const auto mpps = [](const std::vector<double>& rates) { return median(rates) / 1e6; };
  std::printf("%s: one worker %.2f, two %.2f, two from one queue %.2f million packets a second\n",
              work.name().c_str(), mpps(samples.one), mpps(samples.two), mpps(samples.one_queue));
  std::printf("two / (2 * one): path %.3f, random reads %.3f, their quotient %.3f\n",
              median(samples.path), median(samples.loop), median(samples.scaling));
  std::printf("two from one queue / one: %.3f; %llu of %llu packets found the ring full\n",
              median(samples.gain),
              static_cast<unsigned long long>(one_queue.dropped(Drop::handoff_full)),
              static_cast<unsigned long long>(one_queue.sent()));
  const std::string name = "two_workers/" + work.name();
  const bool scaling_valid = one.valid() && two.valid();
  return {{.name = name + "/path",
           .value = median(samples.path),
           .unit = "times twice the rate of one",
           .valid = scaling_valid,
           .samples = samples.path},
          {.name = name + "/random_reads",
           .value = median(samples.loop),
           .unit = "times twice the rate of one",
           .samples = samples.loop},
          {.name = name + "/scaling",
           .value = median(samples.scaling),
           .unit = "times that of random reads",
           .valid = scaling_valid,
           .samples = samples.scaling},
          {.name = name + "/one_queue",
           .value = median(samples.gain),
           .unit = "times the rate of one worker",
           .valid = one.valid() && one_queue.valid(),
           .samples = samples.gain}};
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("What a second worker is worth");
  weft::Work work;
  uint32_t runs = 51;
  std::string json;
  std::string only;
  app.add_option("--only", only)->check(CLI::IsMember({"one", "two", "one_queue"}));
  app.add_option("--flows", work.flows)->check(CLI::Range(1'000, 8'000'000));
  app.add_option("--runs", runs)->check(CLI::Range(5, 1000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  if (std::thread::hardware_concurrency() < weft::cpus) {
    std::fprintf(stderr, "two_workers: needs two CPUs\n");
    return 1;
  }
  weft::start_bench_eal();
  if (!only.empty()) {
    weft::run_only(only, work, runs);
    return 0;
  }
  const auto rows = weft::measure(work, runs);
  if (!json.empty()) weft::write_rows(rows, json);
  return 0;
}
