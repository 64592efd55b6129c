#include "dataplane/match/path_table.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/match/literal_prefix.h"

namespace weft {
namespace {

Error refused(const PathEntry& entry, const std::string& why) {
  return {"path '" + entry.path.substr(0, 100) + "' " + why, Fault::operator_input};
}

// The whole segments of a literal prefix: those that are followed by a slash.
std::string segments_of(std::string literal) {
  if (!literal.starts_with('/')) return {};
  std::size_t end = literal.rfind('/');
  while (std::count(literal.begin(), literal.begin() + static_cast<std::ptrdiff_t>(end), '/') >
         PathIndex::slashes_max) {
    end = literal.rfind('/', end - 1);
  }
  return literal.substr(0, end);
}

}  // namespace

Result<PathTable> PathTable::compile(std::span<const PathEntry> entries) {
  CHECK(entries.size() <= PatternSet::rank_max);
  PathTable table;
  Keys keys;
  for (const PathEntry& entry : entries) {
    if (Result<void> added = table.add(entry, keys); !added) return tl::unexpected(added.error());
  }
  if (Result<void> built = table.build(keys); !built) return tl::unexpected(built.error());
  return table;
}

Result<void> PathTable::add(const PathEntry& entry, Keys& keys) {
  CHECK(entry.id <= IdLists::id_max);
  if (entry.path.size() > path_bytes_max) {
    return tl::unexpected(
        refused(entry, "has more than " + std::to_string(path_bytes_max) + " bytes."));
  }
  if (entry.kind == PathKind::pattern) {
    const auto rank = static_cast<uint32_t>(pattern_ids_.size());
    keys[{entry.scope, segments_of(literal_prefix(entry.path))}].patterns.push_back(
        {entry.path, rank});
    pattern_ids_.push_back(entry.id);
    return {};
  }
  std::string path = entry.path;
  if (!path.starts_with('/')) {
    return tl::unexpected(refused(entry, "does not begin with a slash."));
  }
  if (std::ranges::count(path, '/') > PathIndex::slashes_max) {
    return tl::unexpected(
        refused(entry, "has more than " + std::to_string(PathIndex::slashes_max) + " slashes."));
  }
  if (entry.kind == PathKind::exact) {
    keys[{entry.scope, path}].exact.push_back(entry.id);
    return {};
  }
  if (path.ends_with('/')) path.pop_back();
  keys[{entry.scope, path}].prefix.push_back(entry.id);
  return {};
}

Result<void> PathTable::build(const Keys& keys) {
  PathIndex::Keys marked;
  for (const auto& [scope_and_text, key] : keys) {
    PathIndex::Marks& marks = marked[scope_and_text];
    if (!key.exact.empty()) marks.exact = lists_.add(key.exact);
    if (!key.prefix.empty()) marks.prefix = lists_.add(key.prefix);
    if (key.patterns.empty()) continue;
    marks.group = static_cast<uint32_t>(groups_.size());
    Result<PatternSet> group = PatternSet::compile(key.patterns, scope_and_text.second.size());
    if (!group) return tl::unexpected(std::move(group.error()));
    groups_.push_back(std::move(*group));
  }
  index_ = PathIndex(marked);
  return {};
}

// All groups before the first candidate: their literals say nothing of which pattern comes first.
void PathTable::scan(std::string_view path, uint32_t group_at, PatternScratch& scratch) const {
  scratch.clear();
  for (; group_at != PathIndex::none; group_at = index_.shorter_at(group_at)) {
    const std::string_view behind = path.substr(index_.key_bytes(group_at));
    groups_[index_.mark(group_at)].match(behind, scratch);
  }
}

Result<void> PathTable::fit(PatternScratch& scratch) const {
  for (const PatternSet& group : groups_) {
    if (Result<void> fitted = scratch.fit(group); !fitted) return fitted;
  }
  return {};
}

std::size_t PathTable::bytes() const {
  std::size_t bytes = index_.bytes() + pattern_ids_.size() * sizeof(uint32_t);
  for (const PatternSet& group : groups_) bytes += group.bytes();
  return bytes;
}

}  // namespace weft
