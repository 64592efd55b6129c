// What a scrape costs: the copy (on mgmt's loop) and the rendering (which may run elsewhere).
#include "mgmt/metrics/metrics_text.h"

#include <benchmark/benchmark.h>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

void make_report_of(benchmark::State& state) {
  const ExampleWorkers workers(2);
  const GatewayStatus status = example_status(static_cast<uint32_t>(state.range(0)));
  CounterBaselines baselines;
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_report(status, workers.span(),
                                         std::vector<DeviceStats>(status.interfaces.size()),
                                         baselines, example_moment()));
  }
}

void metrics_text_of(benchmark::State& state) {
  const Report report =
      example_report(example_status(static_cast<uint32_t>(state.range(0))), ExampleWorkers(2));
  std::size_t text_bytes = 0;
  for (auto _ : state) text_bytes = metrics_text(report).size();
  state.counters["text_bytes"] = static_cast<double>(text_bytes);
}

BENCHMARK(make_report_of)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(metrics_text_of)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft::mgmt

BENCHMARK_MAIN();
