// Cost of the shipped packet path beside the bare loop of the same run.
//
//   l4_path [--forward MODE] [--packets known|both|fresh] [--flows N]... [--listeners N]
//           [--endpoints N] [--runs N] [--json FILE]
//   l4_path --flat listeners|endpoints [--flows N] [--runs N] [--json FILE]
//
// Bare loop: take 32 buffers from the pool, write the next 32 frames into them, swap the MAC
// addresses, give them back. The path: the same, with L4::process in place of the swap. 64-byte
// frames of N distinct flows in random order, 100 listeners with 100 endpoints each, default
// configuration but for the flow table's size (the smallest power of two of at least N / 0.75), the
// clock read once a burst. One output in 1,024 is decoded independently and compared; a dropped
// packet ends the program. Rounds alternate between the two; the figure is the median.
//
// `both`: as many replies of the endpoints are mixed in. `fresh`: every packet is the SYN of a flow
// without an entry; the table has 2/3 as many places as there are frames, and simulated time passes
// so that half-open flows expire when it is three quarters full.
//
// --flat: the path's cost with 10,000 listeners over that with one, or with 10,000 endpoints over
// that with 10, in rounds that alternate.
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "perf/l4_work.h"
#include "perf/row.h"
#include "pipelines/l4/admit.h"
#include "pipelines/l4/answer.h"
#include "pipelines/l4/answer_echo.h"
#include "pipelines/l4/clamp_mss.h"
#include "pipelines/l4/follow_fragments.h"
#include "pipelines/l4/forward.h"
#include "pipelines/l4/forward_icmp_error.h"
#include "pipelines/l4/l4.h"
#include "pipelines/l4/match_icmp_error.h"
#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/next_hop.h"
#include "pipelines/l4/open_stream.h"
#include "pipelines/l4/pick_endpoint.h"
#include "pipelines/l4/relay_tunnel_error.h"
#include "pipelines/l4/steer.h"
#include "pipelines/l4/track_flow.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

constexpr uint32_t verify_every = 1024;
// Rounds are short, so that both loops of a pair meet the machine in the same mood.
constexpr uint64_t round_packets = 1u << 18;

// Reads the time stamp counter as the worker loop does.
class Tsc {
 public:
  Instant now() const {
    const uint64_t cycles = rte_rdtsc() - start_;
    return Instant{} + Duration(static_cast<int64_t>(static_cast<double>(cycles) * ns_per_cycle));
  }
  const double ns_per_cycle = 1e9 / static_cast<double>(rte_get_tsc_hz());

 private:
  uint64_t start_ = rte_rdtsc();
};

// CPU time of this thread: what other programs take from the core does not count.
double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// The stages of L4::process one by one with the time stamp counter read in between (about 20 cycles
// a reading, so under one a packet), on tables of their own.
class Stages {
 public:
  static constexpr std::array names{"expire",
                                    "parse_headers",
                                    "follow_fragments",
                                    "relay_tunnel_error",
                                    "match_listener",
                                    "answer_echo",
                                    "steer",
                                    "match_icmp_error",
                                    "admit",
                                    "track_flow",
                                    "pick_endpoint",
                                    "open_stream",
                                    "clamp_mss",
                                    "forward",
                                    "forward_icmp_error",
                                    "answer",
                                    "next_hop"};

  Stages(const test::TestGateway& gateway, FlowsMax flows_max, Instant now)
      : gateway_(gateway),
        flows_(flows_max, KeyedHash({1, 2, 3, 4}), gateway.snapshot.policy->timeouts, now,
               counters_) {}

  void process(Burst& burst, Instant now) {
    const Snapshot& snapshot = gateway_.snapshot;
    const PolicyPart& policy = *snapshot.policy;
    at_ = 0;
    last_ = rte_rdtsc();
    stage([&] { flows_.expire(snapshot, now); });
    stage([&] { parse_headers(burst, {}); });
    stage([&] { follow_fragments(burst, fragments_, policy, hash_, 0, now); });
    stage([&] { relay_tunnel_error(burst, policy.listeners); });
    stage([&] { match_listener(burst, decisions_, policy.listeners); });
    stage([&] { answer_echo(burst, decisions_); });
    stage([&] { steer(burst, decisions_, policy, steering_hash_, 0); });
    stage([&] { match_icmp_error(burst, decisions_, snapshot, *gateway_.states, flows_); });
    stage([&] { admit(burst, decisions_, snapshot); });
    stage([&] { track_flow(burst, decisions_, snapshot, flows_); });
    const SourcePicker sources(policy, steering_hash_, 0);
    stage([&] {
      pick_endpoint(burst, decisions_, snapshot, *gateway_.states, flows_, sources, false);
    });
    stage([&] { open_stream(burst, decisions_, snapshot, flows_.streams, held_, now); });
    stage([&] { clamp_mss(burst, decisions_, snapshot); });
    stage([&] { forward(burst, decisions_, *snapshot.routing, flows_.streams, counters_); });
    stage([&] { forward_icmp_error(burst, decisions_, *snapshot.routing, flows_.streams); });
    stage([&] { answer(burst, {}, reply_limits_, flows_.cookies, now); });
    stage([&] { next_hop(burst, decisions_, *snapshot.routing, wishes_, waiting_, now); });
  }
  // Cycles in each stage since the last call.
  std::array<uint64_t, names.size()> take_cycles() { return std::exchange(cycles_, {}); }

 private:
  template <class Stage>
  void stage(Stage run) {
    run();
    const uint64_t now = rte_rdtsc();
    cycles_[at_++] += now - last_;
    last_ = now;
  }

  const test::TestGateway& gateway_;
  WorkerCounters counters_;
  Flows flows_;
  ReplyLimits reply_limits_;
  NeighbourWishes wishes_;
  WaitingPackets waiting_;
  HeldSegments held_;
  const KeyedHash hash_{{5, 6, 7, 8}};
  const SteeringHash steering_hash_{{5, 6, 7, 8}, SteeringShape{}};
  Fragments fragments_{hash_};
  Decisions decisions_;
  std::size_t at_ = 0;
  uint64_t last_ = 0;
  std::array<uint64_t, names.size()> cycles_{};
};

class Bench {
 public:
  explicit Bench(const Work& work)
      : work_(work),
        gateway_(make_gateway(work)),
        frames_(make_frames(work)),
        l4_(settings(work), *gateway_.states, refuse_, counters_,
            gateway_.snapshot.policy->timeouts, Instant{}) {
    static int pools = 0;
    const std::string name = fmt::format("l4_path{}", pools++);
    pool_ = rte_pktmbuf_pool_create(name.c_str(), 8191, 256, 0, 2048, 0);
    CHECK(pool_ != nullptr);
    if (work.packets == Packets::both) {
      add_replies();
    } else {
      path_ns(work.packets == Packets::fresh ? 2 * frames_.size() : whole_bursts(frames_.size()));
    }
  }
  ~Bench() { rte_mempool_free(pool_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  double bare_ns(uint64_t packets) {
    const double start = cpu_ns();
    for (uint64_t done = 0; done < packets; done += Burst::packets_max) {
      take_and_write();
      for (const Packet packet : burst_.packets) swap_macs(packet.data());
      give_back();
    }
    return (cpu_ns() - start) / static_cast<double>(packets);
  }

  double path_ns(uint64_t packets) {
    samples_.clear();
    const double start = cpu_ns();
    for (uint64_t done = 0; done < packets; done += Burst::packets_max) {
      take_and_write();
      burst_.start(Burst::packets_max, 0);
      l4_.process(burst_, gateway_.snapshot, now());
      for (const Outcome& outcome : burst_.outcomes) CHECK(outcome.verdict == Verdict::transmit);
      if ((done & (verify_every - 1)) == 0) take_sample();
      give_back();
    }
    const double ns = (cpu_ns() - start) / static_cast<double>(packets);
    for (const Sample& sample : samples_) verify(sample);
    return ns;
  }

  // Cost of each stage in ns a packet, once every flow has its entry.
  std::array<double, Stages::names.size()> stage_ns(uint64_t packets) {
    Stages stages(gateway_, settings(work_).flows_max, Instant{});
    const auto pass = [&](uint64_t count) {
      for (uint64_t done = 0; done < count; done += Burst::packets_max) {
        take_and_write();
        burst_.start(Burst::packets_max, 0);
        stages.process(burst_, now());
        give_back();
      }
      return stages.take_cycles();
    };
    pass(whole_bursts(frames_.size()));
    const auto cycles = pass(packets);
    std::array<double, Stages::names.size()> ns{};
    for (std::size_t i = 0; i < ns.size(); ++i) {
      ns[i] = static_cast<double>(cycles[i]) * tsc_.ns_per_cycle / static_cast<double>(packets);
    }
    return ns;
  }

  uint64_t verified() const { return verified_; }
  // Whether the table holds what it should: every flow, or three quarters all the time with next to
  // none refused.
  bool valid() const {
    const FlowTableCounts& counts = table();
    const uint64_t entries = work_.flows * (work_.mode == Forward::fullnat ? 2u : 1u);
    if (work_.packets != Packets::fresh) return counts.entries == entries;
    const double share = static_cast<double>(counts.entries) / table_flows(work_);
    return counts.refused * 1000 <= counts.inserted && share > 0.7 && share < 0.8 &&
           counts.evicted == 0;
  }
  std::string table_text() const {
    const FlowTableCounts& counts = table();
    return fmt::format("{} entries of {}, {} inserted, {} refused, {} evicted", counts.entries,
                       table_flows(work_), counts.inserted, counts.refused, counts.evicted);
  }
  double ns_per_cycle() const { return tsc_.ns_per_cycle; }

 private:
  static uint64_t whole_bursts(uint64_t packets) { return (packets + 31) / 32 * 32; }

  const FlowTableCounts& table() const {
    const Flows& flows = l4_.flows();
    return is_nat(work_.mode) ? flows.nat4.counts() : flows.tunnel4.counts();
  }

  // Places of the table.
  static uint32_t table_flows(const Work& work) {
    if (work.packets == Packets::fresh) return std::bit_floor(work.flows / 3 * 2);
    const uint32_t entries = work.flows * (work.mode == Forward::fullnat ? 2 : 1);
    return std::bit_ceil(std::max(4u, static_cast<uint32_t>(entries / 0.75)));
  }

  static L4Settings settings(const Work& work) {
    L4Settings settings;
    settings.flows_max = {1, 1, 1, 1};
    (is_nat(work.mode) ? settings.flows_max.nat4 : settings.flows_max.tunnel4) = table_flows(work);
    settings.flow_key = {1, 2, 3, 4};
    settings.links.resize(1);
    return settings;
  }

  // For fresh flows a packet is worth as much time as keeps the table three quarters full.
  Instant now() {
    const Instant measured = tsc_.now();
    if (work_.packets != Packets::fresh) return measured;
    const double packet_ns =
        static_cast<double>(FlowTimeouts{}.half_open.count()) / (fresh_share * table_flows(work_));
    simulated_ += Duration(static_cast<int64_t>(Burst::packets_max * packet_ns));
    return simulated_;
  }
  // An entry lives for its timeout and half a sweep longer.
  static constexpr double fresh_share = 0.75;

  // Every frame once; what comes out for an endpoint is answered.
  void add_replies() {
    std::vector<Frame> replies;
    for (uint64_t done = 0; done < whole_bursts(frames_.size()); done += Burst::packets_max) {
      take_and_write();
      burst_.start(Burst::packets_max, 0);
      l4_.process(burst_, gateway_.snapshot, now());
      for (uint32_t i = 0; i < Burst::packets_max; ++i) {
        CHECK(burst_.outcomes[i].verdict == Verdict::transmit);
        if (replies.size() < frames_.size()) replies.push_back(reply_to(burst_.packets[i].data()));
      }
      give_back();
    }
    frames_.insert(frames_.end(), replies.begin(), replies.end());
    shuffle(frames_);
    next_ = 0;
  }

  void take_and_write() {
    auto* buffers = reinterpret_cast<rte_mbuf**>(burst_.packets.data());
    CHECK(rte_pktmbuf_alloc_bulk(pool_, buffers, Burst::packets_max) == 0);
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      rte_mbuf* buffer = buffers[i];
      buffer->data_len = frame_bytes;
      buffer->pkt_len = frame_bytes;
      std::memcpy(rte_pktmbuf_mtod(buffer, void*), frames_[next_].bytes.data(), frame_bytes);
      if (++next_ == frames_.size()) next_ = 0;
    }
  }
  void give_back() {
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(burst_.packets.data()), Burst::packets_max);
  }
  static void swap_macs(std::byte* frame) {
    std::array<std::byte, 6> mac;
    std::memcpy(mac.data(), frame, 6);
    std::memcpy(frame, frame + 6, 6);
    std::memcpy(frame + 6, mac.data(), 6);
  }

  struct Sample {
    std::size_t frame;
    std::array<std::byte, frame_bytes + 28> bytes;
    uint32_t used_bytes;
  };

  // The first packet of the burst; it is looked at when the clock has stopped.
  void take_sample() {
    const std::size_t frame =
        (next_ + frames_.size() * Burst::packets_max - Burst::packets_max) % frames_.size();
    const Packet out = burst_.packets[0];
    CHECK(out.bytes() <= sizeof(Sample::bytes));
    samples_.push_back({frame, {}, out.bytes()});
    std::memcpy(samples_.back().bytes.data(), out.data(), out.bytes());
  }

  void verify(const Sample& sample) {
    const auto in = test::decode(frames_[sample.frame].bytes);
    const auto out = test::decode(std::span(sample.bytes).first(sample.used_bytes));
    CHECK(in.sound() && out.sound());
    if (is_nat(work_.mode) && in.source_port == 8080) {
      CHECK(out.source.starts_with("203.0.") && out.source_port == 80);
      CHECK(out.destination.starts_with("192.0.2."));
    } else if (is_nat(work_.mode)) {
      const bool full = work_.mode == Forward::fullnat;
      CHECK(full ? out.source.starts_with("10.200.0.")
                 : out.source == in.source && out.source_port == in.source_port);
      CHECK(out.destination.starts_with("10.") && out.destination_port == 8080);
    } else if (work_.mode == Forward::direct) {
      CHECK(out.source == in.source && out.destination == in.destination);
      CHECK(out.destination_mac == "02:00:00:00:01:00");
    } else {
      const auto inner = test::decode_ip(out.payload);
      CHECK(inner.sound() && inner.source == in.source && inner.destination == in.destination);
      CHECK(inner.source_port == in.source_port && inner.ttl == in.ttl - 1);
      CHECK(out.destination.starts_with("10."));
    }
    ++verified_;
  }

  Tsc tsc_;
  const Work work_;
  Instant simulated_{};
  test::TestGateway gateway_;
  std::vector<Frame> frames_;
  std::atomic<bool> refuse_{false};
  WorkerCounters counters_;
  L4 l4_;
  Burst burst_;
  rte_mempool* pool_ = nullptr;
  std::size_t next_ = 0;
  std::vector<Sample> samples_;
  uint64_t verified_ = 0;
};

void start_eal() {
  std::vector<std::string> arguments{"l4_path",           "--no-huge",   "--no-pci",
                                     "--no-shconf",       "-m256",       "--no-telemetry",
                                     "--log-level=error", "--lcores=0@0"};
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  CHECK(rte_eal_init(static_cast<int>(raw.size()), raw.data()) >= 0);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Row measure(const Work& work, uint32_t runs) {
  Bench bench(work);
  std::vector<double> bare;
  std::vector<double> path;
  std::vector<double> ratios;
  for (uint32_t run = 0; run < runs; ++run) {
    bare.push_back(bench.bare_ns(round_packets));
    path.push_back(bench.path_ns(round_packets));
    ratios.push_back(path.back() / bare.back());
  }
  const bool valid = bench.valid();
  std::printf("%-32s %8.1f %8.1f %9.0f %7.2f   %llu verified%s\n", work.name().c_str(),
              median(bare), median(path), median(path) / bench.ns_per_cycle(), median(ratios),
              static_cast<unsigned long long>(bench.verified()),
              valid ? "" : ("; NOT VALID: " + bench.table_text()).c_str());
  const auto stages = bench.stage_ns(16 * round_packets);
  std::string detail;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    detail += fmt::format("{}{} {:.1f}", i == 0 ? "" : ", ", Stages::names[i], stages[i]);
  }
  std::printf("       %s (ns a packet)\n", detail.c_str());
  std::fflush(stdout);
  return {.name = "l4_path/" + work.name(),
          .value = median(ratios),
          .unit = "times the bare loop",
          .valid = valid,
          .samples = ratios,
          .detail = detail};
}

// How the cost grows from the small gateway to the large one.
Row measure_flat(const std::string& what, const Work& small, const Work& large, uint32_t runs) {
  Bench few(small);
  Bench many(large);
  std::vector<double> ratios;
  for (uint32_t run = 0; run < runs; ++run) {
    const double few_ns = few.path_ns(round_packets);
    ratios.push_back(many.path_ns(round_packets) / few_ns);
  }
  const bool valid = few.valid() && many.valid();
  std::printf("%s over %s: %.2f%s\n", large.name().c_str(), small.name().c_str(), median(ratios),
              valid ? "" : "; NOT VALID");
  return {.name = "l4_path/flat/" + what,
          .value = median(ratios),
          .unit = "times the cost with few",
          .valid = valid,
          .samples = ratios};
}

Row measure_flat(const std::string& what, uint32_t flows, uint32_t runs) {
  Work small{.flows = flows, .listeners = 1, .endpoints = 10};
  Work large = small;
  (what == "listeners" ? large.listeners : large.endpoints) = 10'000;
  return measure_flat(what, small, large, runs);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("The packet path beside the bare loop");
  weft::Work work;
  std::string mode = "ipip";
  std::string packets = "known";
  std::vector<uint32_t> flows{1, 1'000, 32'000, 1'000'000, 8'000'000};
  uint32_t runs = 101;
  std::string json;
  app.add_option("--forward", mode)->check(CLI::IsMember({"nat", "fullnat", "ipip", "direct"}));
  app.add_option("--packets", packets)->check(CLI::IsMember({"known", "both", "fresh"}));
  app.add_option("--flows", flows);
  app.add_option("--listeners", work.listeners)->check(CLI::Range(1, 10'000));
  app.add_option("--endpoints", work.endpoints)->check(CLI::Range(1, 10'000));
  std::string flat;
  app.add_option("--flat", flat)->check(CLI::IsMember({"listeners", "endpoints"}));
  app.add_option("--runs", runs)->check(CLI::Range(5, 1000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  const auto named = std::ranges::find(weft::forward_names, mode);
  work.mode = static_cast<weft::Forward>(named - weft::forward_names.begin());
  work.packets = packets == "both"    ? weft::Packets::both
                 : packets == "fresh" ? weft::Packets::fresh
                                      : weft::Packets::known;
  weft::start_eal();
  if (!flat.empty()) {
    const std::vector<weft::Row> rows{weft::measure_flat(flat, flows.front(), runs)};
    if (!json.empty()) weft::write_rows(rows, json);
    return 0;
  }
  std::printf("%-32s  bare ns  path ns path cycles  ratio\n", "work");
  std::vector<weft::Row> rows;
  for (const uint32_t n : flows) {
    work.flows = n;
    rows.push_back(weft::measure(work, runs));
  }
  if (!json.empty()) weft::write_rows(rows, json);
  return 0;
}
