#include "dataplane/match/host_table.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "dataplane/base/check.h"

namespace weft {
namespace {

Error refused(const std::string& host, std::string_view why) {
  return {"'" + host + "' " + std::string(why), Fault::operator_input};
}

// What of a pattern is stored: the host, or a wildcard's suffix with the dot before it.
std::string_view stored(std::string_view host) {
  return host.starts_with("*.") ? host.substr(1) : host;
}

const char* fault_of(std::string_view host) {
  const std::string_view labels = host.starts_with("*.") ? host.substr(2) : host;
  const bool has_empty_label = labels.empty() || labels.starts_with('.') || labels.ends_with('.') ||
                               labels.find("..") != std::string_view::npos;
  if (has_empty_label) return "is no host: it has an empty label.";
  if (host.size() > FoldedHost::bytes_max) return "is no host: it has more than 253 bytes.";
  if (labels.find('*') != std::string_view::npos) {
    return "is no host: a star stands alone, or for the first labels ('*.shop.example').";
  }
  if (labels.find(':') != std::string_view::npos && !labels.starts_with('[')) {
    return "is no host: a port is no part of one.";
  }
  const bool is_visible =
      std::ranges::all_of(labels, [](char c) { return c > ' ' && c < '\x7f' && c != '/'; });
  return is_visible ? nullptr : "is no host: it has bytes that are in none.";
}

}  // namespace

Result<HostTable> HostTable::compile(std::span<const std::string> hosts, uint64_t seed) {
  CHECK(hosts.size() < none);
  HostTable table(seed);
  std::unordered_set<std::string_view> names;
  table.text_.reserve(hosts.size() * FoldedHost::bytes_max);  // so that views of it stay
  for (uint32_t id = 0; id < hosts.size(); ++id) {
    if (std::optional<Error> error = table.add(hosts[id], id)) {
      return tl::unexpected(std::move(*error));
    }
    if (!names.insert(table.name(id)).second) {
      return tl::unexpected(refused(hosts[id], "is there twice."));
    }
  }
  table.text_.shrink_to_fit();
  while (!table.build_slots()) ++table.seed_;
  return table;
}

std::optional<Error> HostTable::add(const std::string& host, uint32_t id) {
  const bool is_any = host == "*";
  const char* fault = is_any ? nullptr : fault_of(host);
  if (fault != nullptr) return refused(host, fault);
  const FoldedHost folded(is_any ? "" : stored(host));
  names_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(folded.text().size())});
  text_ += folded.text();
  if (is_any) any_ = id;
  if (!is_any && host.starts_with('*')) {
    suffix_sizes_.set(folded.text().size());
    ++wildcards_;
  }
  return std::nullopt;
}

bool HostTable::build_slots() {
  std::vector<PerfectSlots::Item> items;
  for (uint32_t id = 0; id < names_.size(); ++id) {
    if (id != any_) items.push_back({FoldedHost(name(id)).hash_from(0, seed_), id});
  }
  slots_ = PerfectSlots::build(items);
  return slots_.has_value();
}

}  // namespace weft
