// What the flows of a worker take in memory.
//
//   flow_memory [--places N] [--json FILE]
//
// A table of N places (a power of two) is filled to three quarters with established flows. The
// figure is what the process grew by meanwhile: every byte of the table, whatever the flows are.
// The row is valid if the table holds ten million flows and refused no more than one in a thousand.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "perf/row.h"
#include "tests/nobody_is_gone.h"

namespace weft {
namespace {

constexpr uint64_t flows_wanted = 10'000'000;

double resident_mib() {
  uint64_t size = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

template <class Table>
Row measure(const std::string& name, uint32_t places) {
  const double before_mib = resident_mib();
  Table table(places, KeyedHash({1, 2, 3, 4}));
  test::NobodyIsGone owner;
  const uint32_t flows = table.flows_max() / 4 * 3;
  for (uint32_t n = 0; n < flows; ++n) {
    const auto key = test::key_of(n, &table);
    table.insert(table.place(key), key, FlowMeta(EndpointSlot{n % 1000}, FlowState::established, 0),
                 owner);
  }
  const double grown_mib = resident_mib() - before_mib;
  uint64_t found = 0;
  for (uint32_t n = 0; n < flows; ++n) {
    const auto key = test::key_of(n, &table);
    found += bool(table.find(table.place(key), key));
  }
  const FlowTableCounts& counts = table.counts();
  std::printf("%-8s %9llu flows of %u in %u places, %llu refused: %.0f MiB, %.1f bytes a flow\n",
              name.c_str(), static_cast<unsigned long long>(found), flows, table.flows_max(),
              static_cast<unsigned long long>(counts.refused), grown_mib,
              grown_mib * (1 << 20) / static_cast<double>(found));
  return {.name = "flow_memory/" + name,
          .value = grown_mib,
          .unit = "MiB",
          .valid = found == counts.entries && found >= flows_wanted &&
                   counts.refused * 1000 <= flows && counts.evicted == 0,
          .samples = {grown_mib}};
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("What the flows of a worker take in memory");
  uint32_t places = 1u << 24;
  std::string json;
  app.add_option("--places", places)->check(CLI::Range(1u << 10, 1u << 28));
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  const std::vector<weft::Row> rows{weft::measure<weft::TunnelFlows4>("tunnel4", places),
                                    weft::measure<weft::NatFlows4>("nat4", places)};
  if (!json.empty()) weft::write_rows(rows, json);
  return 0;
}
