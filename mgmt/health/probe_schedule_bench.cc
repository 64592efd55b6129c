// What the schedule costs mgmt's loop: a probe's start and report, and a poll with nothing to do.
#include <benchmark/benchmark.h>

#include "mgmt/health/probe_schedule.h"

namespace weft::mgmt {
namespace {

constexpr ProbeTimes every_second{seconds(1), milliseconds(300)};

ProbeSchedule schedule_of(uint32_t endpoints) {
  ProbeSchedule schedule({.probes_max = endpoints + 1, .first_probes_max = endpoints}, 1);
  for (uint32_t i = 0; i < endpoints; ++i) {
    schedule.add(EndpointSlot{i}, every_second, Instant{});
  }
  return schedule;
}

// Time goes on from one due probe to the next; each reports before the next poll.
void BM_ProbeStartedAndReported(benchmark::State& state) {
  ProbeSchedule schedule = schedule_of(static_cast<uint32_t>(state.range(0)));
  std::vector<ProbeAttempt> started;
  std::vector<ProbeAttempt> overdue;
  Instant now{};
  int64_t probes = 0;
  for (auto _ : state) {
    now = std::max(now, schedule.next_poll());
    started.clear();
    schedule.poll(now, started, overdue);
    for (const ProbeAttempt& attempt : started) schedule.on_report(attempt, now);
    probes += static_cast<int64_t>(started.size());
  }
  state.SetItemsProcessed(probes);
}
BENCHMARK(BM_ProbeStartedAndReported)->Arg(100)->Arg(10'000)->Arg(100'000)->MinTime(2);

void BM_PollWithNothingDue(benchmark::State& state) {
  ProbeSchedule schedule = schedule_of(static_cast<uint32_t>(state.range(0)));
  std::vector<ProbeAttempt> started;
  std::vector<ProbeAttempt> overdue;
  schedule.poll(Instant{}, started, overdue);
  for (auto _ : state) {
    schedule.poll(Instant{}, started, overdue);
    benchmark::DoNotOptimize(schedule.next_poll());
  }
}
BENCHMARK(BM_PollWithNothingDue)->Arg(100'000);

}  // namespace
}  // namespace weft::mgmt

BENCHMARK_MAIN();
