#include "dataplane/match/route_table.h"

#include <algorithm>
#include <map>
#include <utility>

namespace weft {
namespace {

std::string in_lower_case(std::string host) {
  std::ranges::transform(host, host.begin(), [](char c) {
    return static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
  });
  return host;
}

// Of one host, the ones with more conditions first. Stable, so that the file decides the rest.
std::vector<PathEntry> paths_in_order(std::vector<const RouteEntry*> entries) {
  std::ranges::stable_sort(entries, std::ranges::greater(), &RouteEntry::conditions);
  std::vector<PathEntry> paths;
  for (const RouteEntry* entry : entries) paths.push_back({entry->kind, entry->path, entry->id});
  return paths;
}

}  // namespace

Result<RouteTable> RouteTable::compile(std::span<const RouteEntry> entries, uint64_t host_seed) {
  std::map<std::string, std::vector<const RouteEntry*>> by_host;
  for (const RouteEntry& entry : entries) by_host[in_lower_case(entry.host)].push_back(&entry);
  std::vector<std::string> names;
  std::vector<PathTable> paths;
  for (auto& [host, of_host] : by_host) {
    Result<PathTable> table = PathTable::compile(paths_in_order(std::move(of_host)));
    if (!table) {
      table.error().message = "host '" + host + "': " + table.error().message;
      return tl::unexpected(std::move(table.error()));
    }
    names.push_back(host);
    paths.push_back(std::move(*table));
  }
  Result<HostTable> hosts = HostTable::compile(names, host_seed);
  if (!hosts) return tl::unexpected(std::move(hosts.error()));
  return RouteTable(std::move(*hosts), std::move(paths));
}

Result<PatternScratch> RouteTable::make_scratch() const {
  PatternScratch scratch;
  for (const PathTable& of_host : paths_) {
    if (Result<void> fitted = of_host.fit(scratch); !fitted) {
      return tl::unexpected(std::move(fitted.error()));
    }
  }
  return scratch;
}

std::size_t RouteTable::bytes() const {
  std::size_t bytes = hosts_.bytes();
  for (const PathTable& of_host : paths_) bytes += of_host.bytes();
  return bytes;
}

}  // namespace weft
