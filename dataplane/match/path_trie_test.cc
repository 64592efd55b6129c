#include "dataplane/match/path_trie.h"

#include <gtest/gtest.h>

#include "tests/guard_page.h"
#include "tests/random_pattern.h"

namespace weft {
namespace {

// The marks that a walk finds, from the longest key to the shortest.
struct Marks {
  uint32_t exact = PathTrie::none;
  std::vector<uint32_t> prefixes;
  std::vector<uint32_t> groups;
  bool operator==(const Marks&) const = default;
};

Marks marks_of(const PathTrie& trie, std::string_view path) {
  static test::GuardPage page;
  const auto placed = page.place(std::as_bytes(std::span(path)));
  path = {reinterpret_cast<const char*>(placed.data()), placed.size()};
  const PathTrie::Found found = trie.walk(path);
  Marks marks{.exact = found.exact, .prefixes = {}, .groups = {}};
  for (uint32_t at = found.prefix_at; at != PathTrie::none; at = trie.shorter_prefix_at(at, path)) {
    marks.prefixes.push_back(trie.prefix(at));
  }
  for (uint32_t at = found.group_at; at != PathTrie::none; at = trie.shorter_group_at(at)) {
    marks.groups.push_back(trie.group(at));
  }
  return marks;
}

Marks naive_marks_of(const PathTrie::Keys& keys, std::string_view path) {
  Marks marks;
  for (const auto& [key, of_key] : keys) {
    if (!path.starts_with(key)) continue;
    const bool at_border = path.size() == key.size() || path[key.size()] == '/';
    if (path == key) marks.exact = of_key.exact;
    if (at_border && of_key.prefix != PathTrie::none) marks.prefixes.push_back(of_key.prefix);
    if (of_key.group != PathTrie::none) marks.groups.push_back(of_key.group);
  }
  std::reverse(marks.prefixes.begin(), marks.prefixes.end());
  std::reverse(marks.groups.begin(), marks.groups.end());
  return marks;
}

TEST(PathTrie, EmptyFindsNothing) {
  const PathTrie trie;
  EXPECT_EQ(marks_of(trie, ""), Marks());
  EXPECT_EQ(marks_of(trie, "/a"), Marks());
}

TEST(PathTrie, MarksOfAllKeysThatThePathGoesThrough) {
  const PathTrie trie({{"", {.prefix = 1, .group = 2}},
                       {"/cart", {.exact = 3, .prefix = 4}},
                       {"/cartoon", {.exact = 5, .group = 6}}});
  EXPECT_EQ(marks_of(trie, "/cart"), (Marks{3, {4, 1}, {2}}));
  EXPECT_EQ(marks_of(trie, "/cart/x"), (Marks{PathTrie::none, {4, 1}, {2}}));
  EXPECT_EQ(marks_of(trie, "/cartoon"), (Marks{5, {1}, {6, 2}}));
  EXPECT_EQ(marks_of(trie, "/car"), (Marks{PathTrie::none, {1}, {2}}));
  EXPECT_EQ(marks_of(trie, "*"), (Marks{PathTrie::none, {}, {2}}));
}

TEST(PathTrie, LabelsLongerThanANodeHolds) {
  const std::string segment(1000, 'a');
  const PathTrie trie({{"/" + segment, {.exact = 1, .prefix = 2}},
                       {"/" + segment + "/" + segment, {.exact = 3, .prefix = 4}}});
  EXPECT_EQ(marks_of(trie, "/" + segment), (Marks{1, {2}, {}}));
  EXPECT_EQ(marks_of(trie, "/" + segment + "/" + segment), (Marks{3, {4, 2}, {}}));
  EXPECT_EQ(marks_of(trie, "/" + segment + "a"), Marks());
  EXPECT_EQ(marks_of(trie, "/" + segment.substr(1)), Marks());
}

TEST(PathTrie, AnyByteMayBeginAChild) {
  PathTrie::Keys keys;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    keys[std::string("/") + static_cast<char>(byte) + "x"] = {.exact = byte};
  }
  const PathTrie trie(keys);
  for (const auto& [key, marks] : keys) EXPECT_EQ(marks_of(trie, key).exact, marks.exact);
  EXPECT_EQ(marks_of(trie, "/a"), Marks());
}

TEST(PathTrie, FindsWhatANaiveMatcherFinds) {
  test::RandomPattern random(7);
  for (int round = 0; round < 500; ++round) {
    PathTrie::Keys keys;
    const auto value = [&] { return random.up_to(2) == 0 ? random.up_to(1000) : PathTrie::none; };
    for (uint32_t count = random.up_to(40); count > 0; --count) {
      keys[random.text(8)] = {.exact = value(), .prefix = value(), .group = value()};
    }
    const PathTrie trie(keys);
    for (int i = 0; i < 50; ++i) {
      const std::string path = random.text(12);
      ASSERT_EQ(marks_of(trie, path), naive_marks_of(keys, path)) << path;
    }
  }
}

}  // namespace
}  // namespace weft
