// The stages that have no benchmark of their own, on bursts of parsed headers: the listener match
// by the number of listeners, nat and encapsulation with the frame in cache.
#include <benchmark/benchmark.h>
#include <rte_eal.h>

#include <string>
#include <vector>

#include "dataplane/base/check.h"
#include "pipelines/l4/forward_nat.h"
#include "pipelines/l4/forward_tunnel.h"
#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/parse_headers.h"
#include "tests/packet_builder.h"
#include "tests/packet_pool.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

using test::ethernet;

std::string listener_address(uint32_t n) {
  return "203." + std::to_string(n / 250) + ".113." + std::to_string(n % 250 + 1);
}

test::SnapshotBuilder with_listeners(uint32_t count) {
  test::SnapshotBuilder builder;
  builder.cluster("web", {{"10.0.2.1", 8080}});
  for (uint32_t n = 0; n < count; ++n) {
    builder.listener(listener_address(n), 80, Protocol::tcp, Forward::nat, "web");
  }
  return builder;
}

// A burst of parsed frames to the first listeners, and its buffers.
struct ParsedBurst {
  explicit ParsedBurst(uint32_t listeners) {
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      burst.packets[i] = pool.make(ethernet()
                                       .ipv4("10.9.0.1", listener_address(i * 37 % listeners))
                                       .tcp(static_cast<uint16_t>(1000 + i), 80, tcp_flag::ack)
                                       .payload_bytes(10)
                                       .build());
    }
    burst.start(Burst::packets_max, 0);
    parse_headers(burst, {});
    CHECK(burst.live == UINT32_MAX);
    parsed = burst;
  }
  ~ParsedBurst() {
    for (const Packet packet : parsed.packets) test::free_packet(packet);
  }

  test::PacketPool pool;
  Burst burst;
  Burst parsed;
};

void match(benchmark::State& state) {
  const auto listeners = static_cast<uint32_t>(state.range(0));
  const auto gateway = with_listeners(listeners).build();
  ParsedBurst parsed(listeners);
  Decisions decisions;
  for (auto _ : state) {
    parsed.burst.live = UINT32_MAX;
    match_listener(parsed.burst, decisions, gateway.snapshot.policy->listeners);
    benchmark::DoNotOptimize(decisions);
  }
  for (const Decision& decision : decisions) CHECK(decision.listener != nullptr);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * Burst::packets_max);
}
BENCHMARK(match)->Arg(1)->Arg(100)->Arg(10'000);

void nat(benchmark::State& state) {
  ParsedBurst parsed(1);
  Decisions decisions;
  for (Decision& decision : decisions) {
    decision.rewrite_address = *IpAddress::parse("10.0.2.1");
    decision.rewrite_port = be16(8080);
    decision.mtu_bytes = 1500;
  }
  for (auto _ : state) {
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      // The TTL goes down each time; a frame that has none left would not come here.
      parsed.burst.packets[i].data()[14 + 8] = std::byte{64};
    }
    forward_nat<Direction::to_endpoint>(parsed.burst, UINT32_MAX, decisions);
  }
  CHECK(parsed.burst.live == UINT32_MAX);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * Burst::packets_max);
}
BENCHMARK(nat);

void encapsulate(benchmark::State& state) {
  ParsedBurst parsed(1);
  const EndpointRecord endpoint{.address = *IpAddress::parse("10.0.2.1"),
                                .source = *IpAddress::parse("10.0.0.254"),
                                .path_mtu_bytes = 1500};
  Decisions decisions;
  const ListenerPolicy listener{.forward = Forward::ipip};
  for (Decision& decision : decisions) {
    decision.listener = &listener;
    decision.record = &endpoint;
  }
  for (auto _ : state) {
    forward_tunnel(parsed.burst, UINT32_MAX, decisions);
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      parsed.burst.packets[i].trim_front(20);
      parsed.burst.headers[i].ip_bytes = parsed.parsed.headers[i].ip_bytes;
    }
  }
  CHECK(parsed.burst.live == UINT32_MAX);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * Burst::packets_max);
}
BENCHMARK(encapsulate);

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  std::vector<std::string> arguments{"stages_bench", "--no-huge",      "--no-pci",
                                     "--no-shconf",  "--no-telemetry", "--log-level=error",
                                     "-m64",         "--lcores=0@0"};
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(raw.size()), raw.data()) < 0) return 1;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
