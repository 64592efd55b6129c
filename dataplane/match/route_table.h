// Routes by host and path, without policy: gives candidates from most to least specific, and the
// caller says whether the other conditions of one hold. The order is in README.md: host, kind of
// path, length of the prefix, number of other conditions, place in the list.
// Thread safety: immutable, shared by workers; a lookup writes only the worker's scratch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/base/result.h"
#include "dataplane/match/host_table.h"
#include "dataplane/match/path_table.h"

namespace weft {

// One way to a route. A route with several hosts or paths has an entry for each, under one id.
struct RouteEntry {
  std::string host = "*";  // see host_table.h
  PathKind kind = PathKind::prefix;
  std::string path = "/";   // see path_table.h
  uint32_t conditions = 0;  // how many others it has: method, headers, query
  uint32_t id = 0;          // up to IdLists::id_max
};

class RouteTable {
 public:
  // Entries in the order of the file. The error names the host or the path that is wrong. With
  // patterns this takes seconds: see pattern_set.h.
  static Result<RouteTable> compile(std::span<const RouteEntry> entries, uint64_t host_seed);

  // For a worker; fits this table only. Further workers get clones of it.
  Result<PatternScratch> make_scratch() const;

  // The id of the first candidate that `accept` (bool of an id) says yes to. An id whose entries
  // match in several ways is asked for again. Requires: `scratch` is of make_scratch() of this
  // table or a clone, and `accept` leaves it alone.
  template <class Accept>
  std::optional<uint32_t> find(std::string_view host, std::string_view path,
                               PatternScratch& scratch, Accept accept) const {
    std::optional<uint32_t> id;
    hosts_.find(host, [&](uint32_t of_host) {
      id = paths_.find(of_host, path, scratch, accept);
      return id.has_value();
    });
    return id;
  }

  std::size_t bytes() const { return hosts_.bytes() + paths_.bytes(); }

 private:
  RouteTable(HostTable hosts, PathTable paths)
      : hosts_(std::move(hosts)), paths_(std::move(paths)) {}

  HostTable hosts_;
  PathTable paths_;  // a host's id is its scope
};

}  // namespace weft
