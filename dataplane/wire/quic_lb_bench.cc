#include "dataplane/wire/quic_lb.h"

#include <benchmark/benchmark.h>

namespace weft {
namespace {

// What each packet with a short header to a QUIC listener costs besides finding its endpoint.
void decode(benchmark::State& state, QuicLbSettings settings) {
  const std::array<QuicLbSettings, 1> all{settings};
  const QuicLbCodecs codecs(all);
  std::array<std::byte, 20> id{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(id.data());
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(codecs.decode(id));
  }
}

constexpr Aes128::Key key{};
BENCHMARK_CAPTURE(decode, clear, QuicLbSettings{0, 3, 4, std::nullopt});
BENCHMARK_CAPTURE(decode, one_block, QuicLbSettings{0, 3, 13, key});
BENCHMARK_CAPTURE(decode, three_passes, QuicLbSettings{0, 3, 4, key});
BENCHMARK_CAPTURE(decode, four_passes, QuicLbSettings{0, 10, 5, key});

}  // namespace
}  // namespace weft
