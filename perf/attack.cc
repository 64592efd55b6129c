// What a SYN flood costs the established flows of a worker.
//
//   attack [--forward ipip|nat|...]... [--flows N] [--runs N] [--json FILE]
//   attack --only established|flood [...]      for a profiler: that load alone
//
// Three loads take turns: established flows alone, in random order; SYNs of forged sources alone,
// none of which comes twice; and both in the proportion of 40 percent of a worker's capacity to 50.
// Only L4::process is timed, a burst at a time; a round's figure is the mean of its bursts without
// the slowest hundredth (a round that was interrupted).
//   established  the cost of an established packet in the mixture, which is what is left of the
//                mixture's when the flood's own is taken away, over its cost without a flood
//   load         how busy both together keep the worker. Its capacity is the rate of l4_path's row
//                of 1 M flows, so the bare loop (take 32 buffers, write the frames, swap MAC
//                addresses, give them back) counts as a part of every packet
// A lost packet of an established flow, or an entry of one that is gone afterwards, ends the
// program.
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "dataplane/wire/checksum.h"
#include "perf/loop_interface.h"
#include "perf/row.h"
#include "pipelines/l4/l4.h"
#include "tests/packet_builder.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

constexpr uint32_t frame_bytes = 64;
constexpr uint32_t endpoints = 100;
constexpr uint32_t round_bursts = 1u << 12;
constexpr uint32_t new_flows_per_s_max = 100'000;  // the default
constexpr uint32_t any_flood = 10;                 // a profiler slows one down
// Of nine packets of the mixture.
constexpr uint32_t established_of_nine = 4;

struct Mode {
  std::string_view name;
  Forward forward;
};
constexpr std::array modes = {Mode{"ipip", Forward::ipip}, Mode{"nat", Forward::nat},
                              Mode{"fullnat", Forward::fullnat}, Mode{"direct", Forward::direct}};

using Frame = std::array<std::byte, frame_bytes>;

test::TestGateway make_gateway(Forward forward) {
  test::SnapshotBuilder builder;
  std::vector<test::TestEndpoint> set;
  for (uint32_t e = 0; e < endpoints; ++e) set.push_back({"10.1.2." + std::to_string(e + 1), 8080});
  builder.source_addresses("10.0.0.0/20");
  builder.cluster("web", std::move(set));
  builder.listener("203.0.113.10", 80, Protocol::tcp, forward, "web");
  return builder.build();
}

// A segment to the listener, whose source is filled in for each packet.
class Template {
 public:
  explicit Template(uint8_t flags) {
    const auto bytes = test::ethernet()
                           .ipv4("0.0.0.0", "203.0.113.10")
                           .tcp(0, 80, flags)
                           .payload_bytes(frame_bytes - 14 - 20 - 20)
                           .build();
    std::memcpy(frame_.data(), bytes.data(), frame_bytes);
  }

  void write(std::byte* to, be32 source, be16 port) const {
    constexpr uint32_t ip = 14;
    std::memcpy(to, frame_.data(), frame_bytes);
    ChecksumEdit edit;
    edit.replace(be32(0), source);
    store(to + ip + 10, edit.apply(load<be16>(to + ip + 10)));
    edit.replace(be16(0), port);
    store(to + ip + 20 + 16, edit.apply(load<be16>(to + ip + 20 + 16)));
    store(to + ip + 12, source);
    store(to + ip + 20, port);
  }

 private:
  Frame frame_{};
};

enum class Load : uint8_t { bare, established, flood, mixture };

class Bench {
 public:
  Bench(Forward forward, uint32_t flows, uint32_t flood_per_s = new_flows_per_s_max)
      : gateway_(make_gateway(forward)),
        order_(flows),
        l4_(settings(forward, flows), *gateway_.states, refuse_, counters_,
            gateway_.snapshot.policy->timeouts, now()) {
    pool_ = rte_pktmbuf_pool_create("attack", 8191, 256, 0, 2048, 0);
    CHECK(pool_ != nullptr);
    bare_frames_.resize(flows);
    for (BenchFrame& frame : bare_frames_) {
      established_.write(frame.bytes.data(), be32(0xac100000), be16(1024));
    }
    std::iota(order_.begin(), order_.end(), 0);
    std::shuffle(order_.begin(), order_.end(), std::mt19937(7));
    for (uint32_t done = 0; done < flows; done += Burst::packets_max)
      burst_cycles(Load::established);
    auto policy = std::make_shared<PolicyPart>(*gateway_.snapshot.policy);
    policy->new_flows_per_s_max = flood_per_s;
    gateway_.snapshot.policy = policy;
  }
  ~Bench() { rte_mempool_free(pool_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  // Of one packet.
  double cycles(Load load) {
    std::vector<double> bursts(round_bursts);
    for (double& burst : bursts) {
      burst = load == Load::bare ? bare_burst_cycles() : burst_cycles(load);
    }
    std::ranges::sort(bursts);
    bursts.resize(bursts.size() - bursts.size() / 100);
    const double sum = std::accumulate(bursts.begin(), bursts.end(), 0.0);
    return sum / static_cast<double>(bursts.size()) / Burst::packets_max;
  }

  // Where no endpoint takes new flows only those with an entry are forwarded.
  bool every_flow_has_its_entry() {
    for (const auto& [_, endpoint] : gateway_.endpoints) {
      gateway_.set_state(endpoint, EndpointState::draining);
    }
    for (uint32_t done = 0; done < order_.size(); done += Burst::packets_max) {
      burst_cycles(Load::established);
    }
    return true;
  }
  bool under_attack() const { return l4_.flows().attack.under_attack(); }

 private:
  static L4Settings settings(Forward forward, uint32_t flows) {
    L4Settings settings;
    settings.flows_max = {4, 4, 4, 4};
    const uint32_t entries = forward == Forward::fullnat ? 2 * flows : flows;
    const auto table = std::bit_ceil(static_cast<uint32_t>(entries / 0.75));
    (is_nat(forward) ? settings.flows_max.nat4 : settings.flows_max.tunnel4) = table;
    settings.flow_key = {1, 2, 3, 4};
    settings.links.resize(1);
    return settings;
  }

  Instant now() const {
    const auto cycles = static_cast<double>(rte_rdtsc() - start_);
    return Instant{} + Duration(static_cast<int64_t>(cycles * 1e9 / hz_));
  }

  void write_established(std::byte* to) {
    const uint32_t flow = order_[next_flow_];
    next_flow_ = next_flow_ + 1 == order_.size() ? 0 : next_flow_ + 1;
    established_.write(to, be32(0xac100000 + flow / 16'000),
                       be16(static_cast<uint16_t>(1024 + flow % 16'000)));
  }
  // 2^45 sources and ports, in an order that no table likes.
  void write_forged(std::byte* to) {
    const uint64_t mixed = next_forged_++ * 0x9e3779b97f4a7c15u;
    forged_.write(to, be32(0x20000000 | static_cast<uint32_t>(mixed >> 35)),
                  be16(static_cast<uint16_t>(1 | mixed >> 19)));
  }

  double burst_cycles(Load load) {
    auto* buffers = reinterpret_cast<rte_mbuf**>(burst_.packets.data());
    CHECK(rte_pktmbuf_alloc_bulk(pool_, buffers, Burst::packets_max) == 0);
    uint32_t established = 0;
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      buffers[i]->data_len = frame_bytes;
      buffers[i]->pkt_len = frame_bytes;
      const bool genuine =
          load == Load::established ||
          (load == Load::mixture && mixed_++ * established_of_nine % 9 < established_of_nine);
      std::byte* frame = rte_pktmbuf_mtod(buffers[i], std::byte*);
      genuine ? write_established(frame) : write_forged(frame);
      established |= uint32_t{genuine} << i;
    }
    burst_.start(Burst::packets_max, 0);
    const Instant at = now();
    const uint64_t begin = rte_rdtsc();
    l4_.process(burst_, gateway_.snapshot, at);
    const uint64_t end = rte_rdtsc();
    Burst::for_each(established,
                    [&](uint32_t i) { CHECK(burst_.outcomes[i].verdict == Verdict::transmit); });
    rte_pktmbuf_free_bulk(buffers, Burst::packets_max);
    return static_cast<double>(end - begin);
  }

  // As l4_path's: the frames lie in memory, one after the other.
  double bare_burst_cycles() {
    auto* buffers = reinterpret_cast<rte_mbuf**>(burst_.packets.data());
    const uint64_t begin = rte_rdtsc();
    CHECK(rte_pktmbuf_alloc_bulk(pool_, buffers, Burst::packets_max) == 0);
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      buffers[i]->data_len = frame_bytes;
      buffers[i]->pkt_len = frame_bytes;
      std::memcpy(rte_pktmbuf_mtod(buffers[i], void*), bare_frames_[next_bare_].bytes.data(),
                  frame_bytes);
      next_bare_ = next_bare_ + 1 == bare_frames_.size() ? 0 : next_bare_ + 1;
    }
    for (const Packet packet : burst_.packets) {
      std::array<std::byte, 6> mac;
      std::memcpy(mac.data(), packet.data(), 6);
      std::memcpy(packet.data(), packet.data() + 6, 6);
      std::memcpy(packet.data() + 6, mac.data(), 6);
    }
    rte_pktmbuf_free_bulk(buffers, Burst::packets_max);
    return static_cast<double>(rte_rdtsc() - begin);
  }

  const double hz_ = static_cast<double>(rte_get_tsc_hz());
  const uint64_t start_ = rte_rdtsc();
  const Template established_{tcp_flag::ack};
  const Template forged_{tcp_flag::syn};
  test::TestGateway gateway_;
  std::vector<uint32_t> order_;
  std::atomic<bool> refuse_{false};
  WorkerCounters counters_;
  L4 l4_;
  Burst burst_;
  rte_mempool* pool_ = nullptr;
  uint32_t next_flow_ = 0;
  uint64_t next_forged_ = 0;
  uint32_t mixed_ = 0;
  std::vector<BenchFrame> bare_frames_;
  std::size_t next_bare_ = 0;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::vector<Row> measure(const Mode& mode, uint32_t flows, uint32_t runs) {
  Bench bench(mode.forward, flows);
  std::vector<double> established, flood, ratios, loads;
  for (uint32_t run = 0; run < runs; ++run) {
    const double bare = bench.cycles(Load::bare);
    const double calm = bench.cycles(Load::established);
    const double forged = bench.cycles(Load::flood);
    const double mixture = bench.cycles(Load::mixture);
    const double attacked = (9 * mixture - 5 * forged) / 4;
    established.push_back(calm);
    flood.push_back(forged);
    ratios.push_back(attacked / calm);
    loads.push_back(0.9 * (bare + mixture) / (bare + calm));
  }
  const bool valid = bench.under_attack() && bench.every_flow_has_its_entry();
  std::printf("%-8s %9u %11.0f %9.0f %9.2f %9.2f\n", mode.name.data(), flows, median(established),
              median(flood), median(ratios), median(loads));
  std::fflush(stdout);
  const std::string name = "attack/" + std::string(mode.name);
  return {{.name = name + "/established",
           .value = median(ratios),
           .unit = "times the cost without an attack",
           .valid = valid,
           .samples = ratios},
          {.name = name + "/load",
           .value = median(loads),
           .unit = "of the worker's capacity",
           .valid = valid,
           .samples = loads}};
}

void run_only(Load load, const Mode& mode, uint32_t flows, uint32_t runs) {
  Bench bench(mode.forward, flows, any_flood);
  std::vector<double> cycles(runs);
  for (double& run : cycles) run = bench.cycles(load);
  std::printf("%s: %.0f cycles a packet\n", mode.name.data(), median(cycles));
}

void start_eal() {
  std::vector<std::string> arguments{
      "attack", "--no-huge",      "--no-pci",          "--no-shconf",
      "-m256",  "--no-telemetry", "--log-level=error", "--lcores=0@0"};
  std::vector<char*> raw;
  raw.reserve(arguments.size());
  for (std::string& argument : arguments) raw.push_back(argument.data());
  CHECK(rte_eal_init(static_cast<int>(raw.size()), raw.data()) >= 0);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("What a SYN flood costs the established flows of a worker");
  std::vector<std::string> wanted{"ipip", "nat"};
  uint32_t flows = 1'000'000;
  uint32_t runs = 31;
  std::string json;
  std::string only;
  app.add_option("--only", only)->check(CLI::IsMember({"established", "flood"}));
  app.add_option("--forward", wanted)->check(CLI::IsMember({"ipip", "nat", "fullnat", "direct"}));
  app.add_option("--flows", flows)->check(CLI::Range(32, 8'000'000));
  app.add_option("--runs", runs)->check(CLI::Range(5, 1000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  weft::start_eal();
  if (only.empty()) std::printf("mode         flows established flood packet    times      load\n");
  std::vector<weft::Row> rows;
  for (const weft::Mode& mode : weft::modes) {
    if (std::ranges::find(wanted, mode.name) == wanted.end()) continue;
    if (!only.empty()) {
      weft::run_only(only == "flood" ? weft::Load::flood : weft::Load::established, mode, flows,
                     runs);
      continue;
    }
    for (weft::Row& row : weft::measure(mode, flows, runs)) rows.push_back(std::move(row));
  }
  if (!json.empty()) weft::write_rows(rows, json);
  return 0;
}
