#include "dataplane/match/host_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/check.h"

// Hosts are short: the call would cost as much as the hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

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

FoldedHost::FoldedHost(std::string_view host) : size_bytes_(host.size()) {
  DCHECK(host.size() <= bytes_max);
  for (std::size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    bytes_[i] = static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0));
  }
}

Result<HostTable> HostTable::compile(std::span<const std::string> hosts, uint64_t seed) {
  CHECK(hosts.size() < none);
  HostTable table(hosts.size(), seed);
  for (uint32_t id = 0; id < hosts.size(); ++id) {
    const std::string& host = hosts[id];
    const bool is_any = host == "*";
    const char* fault = is_any ? nullptr : fault_of(host);
    if (fault != nullptr) return tl::unexpected(refused(host, fault));
    const FoldedHost name(stored(host));
    if (is_any ? table.any_ != none : table.id_of(name.text()) != none) {
      return tl::unexpected(refused(host, "is there twice."));
    }
    if (is_any) {
      table.any_ = id;
      continue;
    }
    table.insert(name.text(), id);
    if (host.starts_with('*')) {
      table.suffix_sizes_.set(name.text().size());
      ++table.wildcards_;
    }
  }
  return table;
}

HostTable::HostTable(std::size_t hosts, uint64_t seed)
    : seed_(seed), mask_(std::bit_ceil(hosts * 2 + 1) - 1), cells_(mask_ + 1) {}

void HostTable::insert(std::string_view name, uint32_t id) {
  const uint64_t hash = XXH3_64bits_withSeed(name.data(), name.size(), seed_);
  uint64_t at = hash & mask_;
  while (cells_[at].id != none) at = (at + 1) & mask_;
  cells_[at] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(text_.size()),
                static_cast<uint32_t>(name.size()), id};
  text_ += name;
}

uint32_t HostTable::id_of(std::string_view name) const {
  const uint64_t hash = XXH3_64bits_withSeed(name.data(), name.size(), seed_);
  for (uint64_t at = hash & mask_; cells_[at].id != none; at = (at + 1) & mask_) {
    const Cell& cell = cells_[at];
    const bool may_be = cell.hash == hash >> 32 && cell.size_bytes == name.size();
    if (may_be && std::memcmp(&text_[cell.text], name.data(), name.size()) == 0) return cell.id;
  }
  return none;
}

}  // namespace weft
