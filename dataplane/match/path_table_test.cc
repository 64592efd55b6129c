#include "dataplane/match/path_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr PathKind exact = PathKind::exact;
constexpr PathKind pattern = PathKind::pattern;
constexpr PathKind prefix = PathKind::prefix;

// With scratch of its own.
class Paths {
 public:
  explicit Paths(const std::vector<PathEntry>& entries) : table_(*PathTable::compile(entries)) {
    EXPECT_TRUE(table_.fit(scratch_).has_value());
  }
  std::vector<uint32_t> candidates(std::string_view path) {
    std::vector<uint32_t> ids;
    table_.find(0, path, scratch_, [&](uint32_t id) {
      ids.push_back(id);
      return false;
    });
    return ids;
  }
  std::optional<uint32_t> find(std::string_view path, uint32_t accepted) {
    return table_.find(0, path, scratch_, [&](uint32_t id) { return id == accepted; });
  }

 private:
  PathTable table_;
  PatternScratch scratch_;
};

TEST(PathTable, ExactThenPatternsThenPrefixesFromTheLongest) {
  Paths paths({{0, prefix, "/", 1},
               {0, prefix, "/shop/cart", 2},
               {0, pattern, "/shop/[a-z]+", 3},
               {0, prefix, "/shop", 4},
               {0, pattern, "/.*", 5},
               {0, exact, "/shop/cart", 6}});
  EXPECT_THAT(paths.candidates("/shop/cart"), ElementsAre(6, 3, 5, 2, 4, 1));
  EXPECT_THAT(paths.candidates("/shop/cart/1"), ElementsAre(5, 2, 4, 1));
  EXPECT_THAT(paths.candidates("/shop/1"), ElementsAre(5, 4, 1));
}

TEST(PathTable, AnyCandidateMayBeTheOneThatIsAccepted) {
  Paths paths(
      {{0, prefix, "/", 1}, {0, pattern, "/a.*", 2}, {0, prefix, "/ab", 3}, {0, exact, "/ab", 4}});
  for (uint32_t id = 1; id <= 4; ++id) EXPECT_EQ(paths.find("/ab", id), id);
  EXPECT_EQ(paths.find("/ab", 5), std::nullopt);
}

TEST(PathTable, APrefixEndsAtASegmentBorder) {
  for (const char* text : {"/cart", "/cart/"}) {
    Paths paths({{0, prefix, text, 1}});
    for (const char* path : {"/cart", "/cart/", "/cart/x", "/cart//x"}) {
      EXPECT_THAT(paths.candidates(path), ElementsAre(1)) << path;
    }
    for (const char* path : {"/cartoon", "/car", "/", "", "/Cart", "cart"}) {
      EXPECT_THAT(paths.candidates(path), IsEmpty()) << path;
    }
  }
}

TEST(PathTable, TheSlashIsAPrefixOfAllThatBeginsWithOne) {
  Paths paths({{0, prefix, "/", 1}});
  EXPECT_THAT(paths.candidates("/"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("/x/y"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("*"), IsEmpty());
}

TEST(PathTable, AnExactPathIsEveryByteOfIt) {
  Paths paths({{0, exact, "/cart/", 1}, {0, exact, "/cart", 2}});
  EXPECT_THAT(paths.candidates("/cart"), ElementsAre(2));
  EXPECT_THAT(paths.candidates("/cart/"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("/cart/x"), IsEmpty());
}

TEST(PathTable, EqualEntriesComeInTheirOrder) {
  Paths paths({{0, exact, "/a", 9},
               {0, exact, "/a", 3},
               {0, exact, "/a", 7},
               {0, prefix, "/a/", 8},
               {0, prefix, "/a", 2},
               {0, exact, "/b", 1}});
  EXPECT_THAT(paths.candidates("/a"), ElementsAre(9, 3, 7, 8, 2));
}

// Which group a pattern is in says nothing of its place.
TEST(PathTable, PatternsComeInTheirOrderAcrossGroups) {
  Paths paths({{0, pattern, "/.*x", 1},
               {0, pattern, "/api/.*", 2},
               {0, pattern, ".*", 3},
               {0, pattern, "/api/v1/x", 4},
               {0, pattern, "/a.*", 5}});
  EXPECT_THAT(paths.candidates("/api/v1/x"), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(paths.candidates("/api/v1/y"), ElementsAre(2, 3, 5));
}

TEST(PathTable, AnEntryIsFoundInItsScopeOnly) {
  const std::vector<PathEntry> entries = {
      {1, prefix, "/a", 1}, {2, pattern, "/a.*", 2}, {2, exact, "/a", 3}};
  const PathTable table = *PathTable::compile(entries);
  PatternScratch scratch;
  ASSERT_TRUE(table.fit(scratch).has_value());
  const auto yes = [](uint32_t) { return true; };
  EXPECT_EQ(table.find(0, "/a", scratch, yes), std::nullopt);
  EXPECT_EQ(table.find(1, "/a", scratch, yes), 1u);
  EXPECT_EQ(table.find(2, "/a", scratch, yes), 3u);
  EXPECT_EQ(table.find(2, "/ab", scratch, yes), 2u);
}

TEST(PathTable, AScanForgetsTheOneBefore) {
  Paths paths({{0, pattern, "/a", 1}, {0, pattern, "/a?", 2}});
  EXPECT_THAT(paths.candidates("/a"), ElementsAre(1, 2));
  EXPECT_THAT(paths.candidates("/"), ElementsAre(2));
}

TEST(PathTable, PatternsMayBeginWithMoreSegmentsThanAnIndexKnows) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "/a";
  Paths paths(
      {{0, pattern, deep + "/[0-9]", 1}, {0, pattern, "/a/.*", 2}, {0, pattern, "a/b.*", 3}});
  EXPECT_THAT(paths.candidates(deep + "/1"), ElementsAre(1, 2));
  EXPECT_THAT(paths.candidates(deep + "/x"), ElementsAre(2));
  EXPECT_THAT(paths.candidates("a/bc"), ElementsAre(3));
}

std::string error_of(const std::vector<PathEntry>& entries) {
  const Result<PathTable> table = PathTable::compile(entries);
  return table ? "no error" : table.error().message;
}

TEST(PathTable, ErrorsNameTheEntry) {
  EXPECT_EQ(error_of({{0, exact, "/a"}, {0, exact, "b"}}), "path 'b' does not begin with a slash.");
  EXPECT_EQ(error_of({{0, prefix, ""}}), "path '' does not begin with a slash.");
  EXPECT_THAT(error_of({{0, exact, "/" + std::string(8192, 'a')}}),
              HasSubstr("more than 8192 bytes"));
  EXPECT_THAT(error_of({{0, prefix, std::string(64, '/')}}), HasSubstr("more than 63 slashes"));
  EXPECT_THAT(error_of({{0, pattern, "/a"}, {0, pattern, "/(?<=b)"}}),
              HasSubstr("pattern '/(?<=b)'"));
}

}  // namespace
}  // namespace weft
