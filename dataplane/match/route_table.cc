#include "dataplane/match/route_table.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace weft {
namespace {

std::string in_lower_case(std::string host) {
  std::ranges::transform(host, host.begin(), [](char c) {
    return static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
  });
  return host;
}

}  // namespace

Result<RouteTable> RouteTable::compile(std::span<const RouteEntry> entries, uint64_t host_seed) {
  std::vector<const RouteEntry*> in_order;
  for (const RouteEntry& entry : entries) in_order.push_back(&entry);
  // Stable, so that the file decides the rest.
  std::ranges::stable_sort(in_order, std::ranges::greater(), &RouteEntry::conditions);
  std::map<std::string, uint32_t> ids;
  std::vector<std::string> names;
  std::vector<PathEntry> paths;
  for (const RouteEntry* entry : in_order) {
    const auto [host, is_new] =
        ids.emplace(in_lower_case(entry->host), static_cast<uint32_t>(ids.size()));
    if (is_new) names.push_back(host->first);
    paths.push_back({host->second, entry->kind, entry->path, entry->id});
  }
  Result<HostTable> hosts = HostTable::compile(names, host_seed);
  if (!hosts) return tl::unexpected(std::move(hosts.error()));
  Result<PathTable> table = PathTable::compile(paths);
  if (!table) return tl::unexpected(std::move(table.error()));
  return RouteTable(std::move(*hosts), std::move(*table));
}

Result<PatternScratch> RouteTable::make_scratch() const {
  PatternScratch scratch;
  if (Result<void> fitted = paths_.fit(scratch); !fitted) {
    return tl::unexpected(std::move(fitted.error()));
  }
  return scratch;
}

}  // namespace weft
