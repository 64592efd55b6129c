// Cost of a burst of 64-byte frames (60 without the frame check sequence), by what they are.
#include "pipelines/l4/parse_headers.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

#include "dataplane/base/check.h"
#include "tests/packet_builder.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;

// Buffers without a pool, so that nothing but the stage is measured.
class Frames {
 public:
  explicit Frames(FrameBuilder (*make)(uint32_t)) {
    for (uint32_t i = 0; i < Burst::packets_max; ++i) {
      const test::Bytes frame = make(i).pad_to(60).build();
      auto& buffer = buffers_[i];
      buffer.buf_addr = memory_.data() + i * buffer_bytes;
      buffer.data_off = RTE_PKTMBUF_HEADROOM;
      buffer.data_len = static_cast<uint16_t>(frame.size());
      buffer.pkt_len = buffer.data_len;
      buffer.nb_segs = 1;
      burst_->packets[i] = Packet(&buffer);
      std::copy(frame.begin(), frame.end(), burst_->packets[i].data());
    }
  }
  Burst& start() {
    burst_->start(Burst::packets_max, 0);
    return *burst_;
  }

 private:
  static constexpr uint32_t buffer_bytes = 2368;  // as a pool spaces them

  alignas(64) std::array<std::byte, Burst::packets_max * buffer_bytes> memory_{};
  std::array<rte_mbuf, Burst::packets_max> buffers_{};
  std::unique_ptr<Burst> burst_ = std::make_unique<Burst>();
};

void run(benchmark::State& state, FrameBuilder (*make)(uint32_t), const LinkFilter& link) {
  const auto frames = std::make_unique<Frames>(make);
  for (auto _ : state) {
    Burst& burst = frames->start();
    parse_headers(burst, link);
    benchmark::ClobberMemory();
    CHECK(burst.live == UINT32_MAX);
  }
  state.SetItemsProcessed(state.iterations() * Burst::packets_max);
  state.counters["ns_per_packet"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * Burst::packets_max * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

FrameBuilder tcp_frame(uint32_t i) {
  const auto port = static_cast<uint16_t>(1024 + i);
  return ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(port, 80, tcp_flag::ack).dont_fragment();
}
FrameBuilder udp_frame(uint32_t i) {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(static_cast<uint16_t>(1024 + i), 53);
}
FrameBuilder mixed_frame(uint32_t i) {
  return i * 2654435761u >> 31 != 0 ? tcp_frame(i) : udp_frame(i);
}

void tcp(benchmark::State& state) {
  run(state, tcp_frame, {});
}
void udp(benchmark::State& state) {
  run(state, udp_frame, {});
}
void mixed(benchmark::State& state) {
  run(state, mixed_frame, {.mac = MacAddress{2, 0, 0, 0, 0, 1}});
}
void vlan(benchmark::State& state) {
  run(state, [](uint32_t i) { return tcp_frame(i).vlan(120); }, {.vlan_id = 120});
}
void ip_options(benchmark::State& state) {
  run(state, [](uint32_t i) { return tcp_frame(i).ip_options({1, 1, 1, 0}); }, {});
}
void ipv6(benchmark::State& state) {
  run(state,
      [](uint32_t i) {
        return ethernet().ipv6("fd00::1", "fd00::2").udp(static_cast<uint16_t>(1024 + i), 53);
      },
      {});
}
BENCHMARK(tcp);
BENCHMARK(udp);
BENCHMARK(mixed);
BENCHMARK(vlan);
BENCHMARK(ip_options);
BENCHMARK(ipv6);

}  // namespace
}  // namespace weft
