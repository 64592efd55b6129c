#include "dataplane/match/path_index.h"

#include <gtest/gtest.h>

#include "tests/guard_page.h"
#include "tests/random_pattern.h"

namespace weft {
namespace {

// The marks that are found, from the longest key to the shortest.
struct Marks {
  uint32_t exact = PathIndex::none;
  std::vector<uint32_t> prefixes;
  std::vector<uint32_t> groups;
  bool operator==(const Marks&) const = default;
};

Marks marks_of(const PathIndex& index, std::string_view path, uint32_t scope = 0) {
  static test::GuardPage page;
  const auto placed = page.place(std::as_bytes(std::span(path)));
  path = {reinterpret_cast<const char*>(placed.data()), placed.size()};
  const PathIndex::Found found = index.find(scope, path);
  Marks marks;
  const bool has_exact = found.first_at != PathIndex::none && found.first_at != found.prefix_at;
  if (has_exact) marks.exact = index.mark(found.first_at);
  const bool has_other = !has_exact && found.group_at == PathIndex::none;
  EXPECT_TRUE(!has_other || found.first_at == found.prefix_at);
  for (uint32_t at = found.prefix_at; at != PathIndex::none; at = index.shorter_at(at)) {
    marks.prefixes.push_back(index.mark(at));
  }
  for (uint32_t at = found.group_at; at != PathIndex::none; at = index.shorter_at(at)) {
    marks.groups.push_back(index.mark(at));
    EXPECT_LE(index.key_bytes(at), path.size());
  }
  return marks;
}

Marks naive_marks_of(const PathIndex::Keys& keys, std::string_view path, uint32_t scope = 0) {
  Marks marks;
  for (const auto& [scope_and_key, of_key] : keys) {
    const auto& [of_scope, key] = scope_and_key;
    if (of_scope != scope) continue;
    const bool is_below =
        path.starts_with(key) && (path.size() == key.size() || path[key.size()] == '/');
    const bool is_rooted = path.starts_with('/');
    if (path == key && is_rooted) marks.exact = of_key.exact;
    if (is_below && is_rooted && of_key.prefix != PathIndex::none) {
      marks.prefixes.push_back(of_key.prefix);
    }
    if ((is_below || key.empty()) && of_key.group != PathIndex::none) {
      marks.groups.push_back(of_key.group);
    }
  }
  std::reverse(marks.prefixes.begin(), marks.prefixes.end());
  std::reverse(marks.groups.begin(), marks.groups.end());
  return marks;
}

TEST(PathIndex, EmptyFindsNothing) {
  const PathIndex index;
  EXPECT_EQ(marks_of(index, ""), Marks());
  EXPECT_EQ(marks_of(index, "/a"), Marks());
}

TEST(PathIndex, MarksOfAllKeysThatThePathIsBelow) {
  const PathIndex index({{{0, ""}, {.prefix = 1, .group = 2}},
                         {{0, "/cart"}, {.exact = 3, .prefix = 4}},
                         {{0, "/cart/x"}, {.exact = 5, .group = 6}},
                         {{0, "/cartoon"}, {.exact = 7}}});
  EXPECT_EQ(marks_of(index, "/cart"), (Marks{3, {4, 1}, {2}}));
  EXPECT_EQ(marks_of(index, "/cart/"), (Marks{PathIndex::none, {4, 1}, {2}}));
  EXPECT_EQ(marks_of(index, "/cart/x"), (Marks{5, {4, 1}, {6, 2}}));
  EXPECT_EQ(marks_of(index, "/cart/x/y"), (Marks{PathIndex::none, {4, 1}, {6, 2}}));
  EXPECT_EQ(marks_of(index, "/cartoon/x"), (Marks{PathIndex::none, {1}, {2}}));
  EXPECT_EQ(marks_of(index, "/car"), (Marks{PathIndex::none, {1}, {2}}));
  EXPECT_EQ(marks_of(index, "*"), (Marks{PathIndex::none, {}, {2}}));
  EXPECT_EQ(marks_of(index, ""), (Marks{PathIndex::none, {}, {2}}));
}

TEST(PathIndex, AScopeHasItsOwnKeys) {
  const PathIndex index({{{0, "/a"}, {.exact = 1}}, {{1, "/a"}, {.exact = 2, .prefix = 3}}});
  EXPECT_EQ(marks_of(index, "/a", 0), (Marks{1, {}, {}}));
  EXPECT_EQ(marks_of(index, "/a", 1), (Marks{2, {3}, {}}));
  EXPECT_EQ(marks_of(index, "/a", 2), Marks());
}

// A word that makes the hash's product zero, behind ones that differ.
TEST(PathIndex, NoWordHidesWhatIsBeforeIt) {
  const std::string word = "\xdb\x28\xb4\xa0\xd1\x7e\x03\xe7";
  const std::string one = "/aaaaaaa" + word;
  const std::string two = "/bbbbbbb" + word;
  const PathIndex index({{{0, one}, {.exact = 1}}, {{0, two}, {.exact = 2}}});
  EXPECT_EQ(marks_of(index, one), (Marks{1, {}, {}}));
  EXPECT_EQ(marks_of(index, two), (Marks{2, {}, {}}));
}

// Every place of a border in a word and in a block.
TEST(PathIndex, KeysOfAllSizes) {
  for (uint32_t size_bytes = 1; size_bytes < 300; ++size_bytes) {
    const std::string key = "/" + std::string(size_bytes, 'a');
    const PathIndex index({{{0, key}, {.exact = 1, .prefix = 2}}, {{0, key + "/b"}, {.exact = 3}}});
    const std::string behind(size_bytes, 'c');
    ASSERT_EQ(marks_of(index, key), (Marks{1, {2}, {}}));
    ASSERT_EQ(marks_of(index, key + "/b"), (Marks{3, {2}, {}}));
    ASSERT_EQ(marks_of(index, key + "/" + behind), (Marks{PathIndex::none, {2}, {}}));
    ASSERT_EQ(marks_of(index, key + "a"), Marks());
    ASSERT_EQ(marks_of(index, key.substr(0, size_bytes)), Marks());
  }
}

TEST(PathIndex, AsManySegmentsAsAKeyMayHave) {
  PathIndex::Keys keys;
  std::string key;
  for (uint32_t i = 0; i < PathIndex::slashes_max; ++i) {
    key += "/a";
    keys[{0, key}] = {.prefix = i};
  }
  const PathIndex index(keys);
  EXPECT_EQ(marks_of(index, key).prefixes.size(), PathIndex::slashes_max);
  for (const char* more : {"/", "/a", "/a/a/a", "/b"}) {
    EXPECT_EQ(marks_of(index, key + more), naive_marks_of(keys, key + more)) << more;
  }
  EXPECT_EQ(marks_of(index, std::string(4096, '/')), Marks());
}

TEST(PathIndex, FindsWhatANaiveMatcherFinds) {
  test::RandomPattern random(7);
  for (int round = 0; round < 1000; ++round) {
    PathIndex::Keys keys;
    const auto value = [&] { return random.up_to(1) == 0 ? random.up_to(1000) : PathIndex::none; };
    for (uint32_t count = random.up_to(60); count > 0; --count) {
      const std::string key = "/" + random.text(10);
      keys[{random.up_to(2), key}] = {.exact = value(), .prefix = value(), .group = value()};
    }
    if (random.up_to(1) == 0) keys[{random.up_to(2), ""}] = {.prefix = value(), .group = value()};
    const PathIndex index(keys);
    for (int i = 0; i < 50; ++i) {
      const std::string path = random.up_to(9) == 0 ? random.text(4) : "/" + random.text(14);
      const uint32_t scope = random.up_to(3);
      ASSERT_EQ(marks_of(index, path, scope), naive_marks_of(keys, path, scope)) << path;
    }
  }
}

}  // namespace
}  // namespace weft
