// How long a Maglev table takes to build.
//
//   maglev_build [--endpoints N]... [--runs N] [--json FILE]
//
// 1000 endpoints in 65,537 slots, and 10,000 in 655,373: the tables of the published comparison.
// Each run has another seed; the figure is the median of CPU time. Every table is checked: all
// slots are taken, and no endpoint has more than a slot above another.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/table/maglev.h"
#include "perf/row.h"

namespace weft {
namespace {

double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

bool even(const Maglev& table, std::size_t endpoints) {
  std::vector<uint32_t> shares(endpoints);
  for (const uint16_t endpoint : table.slots()) ++shares[endpoint];
  const auto [fewest, most] = std::ranges::minmax(shares);
  return most - fewest <= 1;
}

Row measure(uint32_t endpoints, uint32_t runs) {
  const uint32_t slots = endpoints == 1000 ? 65'537 : 655'373;
  std::vector<MaglevEndpoint> set;
  for (uint32_t i = 0; i < endpoints; ++i) {
    set.push_back({IpAddress::v4(be32(0x0a000000 + i)), 8080, 1});
  }
  Row row{.name = "maglev_build/" + std::to_string(endpoints) + "/" + std::to_string(slots),
          .unit = "ms"};
  for (uint32_t run = 0; run < runs; ++run) {
    const double start = cpu_ms();
    const Maglev table(set, slots, run);
    row.samples.push_back(cpu_ms() - start);
    row.valid = row.valid && table.slots().size() == slots && even(table, endpoints);
  }
  std::vector<double> sorted = row.samples;
  std::ranges::sort(sorted);
  row.value = sorted[sorted.size() / 2];
  std::printf("%6u endpoints, %7u slots: %7.3f ms, fastest %7.3f ms%s\n", endpoints, slots,
              row.value, sorted.front(), row.valid ? "" : "; UNEVEN");
  return row;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("How long a Maglev table takes to build");
  std::vector<uint32_t> endpoints{1000, 10'000};
  uint32_t runs = 51;
  std::string json;
  app.add_option("--endpoints", endpoints)->check(CLI::IsMember({1000, 10'000}));
  app.add_option("--runs", runs)->check(CLI::Range(5, 1000));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  std::vector<weft::Row> rows;
  for (const uint32_t n : endpoints) rows.push_back(weft::measure(n, runs));
  if (!json.empty()) weft::write_rows(rows, json);
  return 0;
}
