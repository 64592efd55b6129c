#include "dataplane/match/path_table.h"

#include "dataplane/base/check.h"
#include "dataplane/match/literal_prefix.h"

namespace weft {

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
    return fail("path '" + entry.path.substr(0, 64) + "...' has more than " +
                    std::to_string(path_bytes_max) + " bytes.",
                Fault::operator_input);
  }
  if (entry.kind == PathKind::pattern) {
    const auto rank = static_cast<uint32_t>(pattern_ids_.size());
    keys[literal_prefix(entry.path)].patterns.push_back({entry.path, rank});
    pattern_ids_.push_back(entry.id);
    return {};
  }
  std::string path = entry.path;
  if (!path.starts_with('/')) {
    return fail("path '" + path + "' does not begin with a slash.", Fault::operator_input);
  }
  if (entry.kind == PathKind::exact) {
    keys[path].exact.push_back(entry.id);
    return {};
  }
  if (path.ends_with('/')) path.pop_back();
  keys[path].prefix.push_back(entry.id);
  return {};
}

Result<void> PathTable::build(const Keys& keys) {
  PathTrie::Keys marked;
  for (const auto& [text, key] : keys) {
    PathTrie::Marks& marks = marked[text];
    if (!key.exact.empty()) marks.exact = lists_.add(key.exact);
    if (!key.prefix.empty()) marks.prefix = lists_.add(key.prefix);
    if (key.patterns.empty()) continue;
    marks.group = static_cast<uint32_t>(groups_.size());
    Result<PatternSet> group = PatternSet::compile(key.patterns);
    if (!group) return tl::unexpected(std::move(group.error()));
    groups_.push_back(std::move(*group));
  }
  trie_ = PathTrie(marked);
  return {};
}

// All groups before the first candidate: their literals say nothing of which pattern comes first.
void PathTable::scan(std::string_view path, uint32_t group_at, PatternScratch& scratch) const {
  scratch.clear();
  for (; group_at != PathTrie::none; group_at = trie_.shorter_group_at(group_at)) {
    groups_[trie_.group(group_at)].match(path, scratch);
  }
}

Result<void> PathTable::fit(PatternScratch& scratch) const {
  for (const PatternSet& group : groups_) {
    if (Result<void> fitted = scratch.fit(group); !fitted) return fitted;
  }
  return {};
}

std::size_t PathTable::bytes() const {
  std::size_t bytes = trie_.bytes() + pattern_ids_.size() * sizeof(uint32_t);
  for (const PatternSet& group : groups_) bytes += group.bytes();
  return bytes;
}

}  // namespace weft
