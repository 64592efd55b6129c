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
    table_.find(path, scratch_, [&](uint32_t id) {
      ids.push_back(id);
      return false;
    });
    return ids;
  }
  std::optional<uint32_t> find(std::string_view path, uint32_t accepted) {
    return table_.find(path, scratch_, [&](uint32_t id) { return id == accepted; });
  }

 private:
  PathTable table_;
  PatternScratch scratch_;
};

TEST(PathTable, ExactThenPatternsThenPrefixesFromTheLongest) {
  Paths paths({{prefix, "/", 1},
               {prefix, "/shop/cart", 2},
               {pattern, "/shop/[a-z]+", 3},
               {prefix, "/shop", 4},
               {pattern, "/.*", 5},
               {exact, "/shop/cart", 6}});
  EXPECT_THAT(paths.candidates("/shop/cart"), ElementsAre(6, 3, 5, 2, 4, 1));
  EXPECT_THAT(paths.candidates("/shop/cart/1"), ElementsAre(5, 2, 4, 1));
  EXPECT_THAT(paths.candidates("/shop/1"), ElementsAre(5, 4, 1));
}

TEST(PathTable, AnyCandidateMayBeTheOneThatIsAccepted) {
  Paths paths({{prefix, "/", 1}, {pattern, "/a.*", 2}, {prefix, "/ab", 3}, {exact, "/ab", 4}});
  for (uint32_t id = 1; id <= 4; ++id) EXPECT_EQ(paths.find("/ab", id), id);
  EXPECT_EQ(paths.find("/ab", 5), std::nullopt);
}

TEST(PathTable, APrefixEndsAtASegmentBorder) {
  for (const char* text : {"/cart", "/cart/"}) {
    Paths paths({{prefix, text, 1}});
    for (const char* path : {"/cart", "/cart/", "/cart/x", "/cart//x"}) {
      EXPECT_THAT(paths.candidates(path), ElementsAre(1)) << path;
    }
    for (const char* path : {"/cartoon", "/car", "/", "", "/Cart", "cart"}) {
      EXPECT_THAT(paths.candidates(path), IsEmpty()) << path;
    }
  }
}

TEST(PathTable, TheSlashIsAPrefixOfAllThatBeginsWithOne) {
  Paths paths({{prefix, "/", 1}});
  EXPECT_THAT(paths.candidates("/"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("/x/y"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("*"), IsEmpty());
}

TEST(PathTable, AnExactPathIsEveryByteOfIt) {
  Paths paths({{exact, "/cart/", 1}, {exact, "/cart", 2}});
  EXPECT_THAT(paths.candidates("/cart"), ElementsAre(2));
  EXPECT_THAT(paths.candidates("/cart/"), ElementsAre(1));
  EXPECT_THAT(paths.candidates("/cart/x"), IsEmpty());
}

TEST(PathTable, EqualEntriesComeInTheirOrder) {
  Paths paths({{exact, "/a", 9},
               {exact, "/a", 3},
               {exact, "/a", 7},
               {prefix, "/a/", 8},
               {prefix, "/a", 2},
               {exact, "/b", 1}});
  EXPECT_THAT(paths.candidates("/a"), ElementsAre(9, 3, 7, 8, 2));
}

// Which group a pattern is in says nothing of its place.
TEST(PathTable, PatternsComeInTheirOrderAcrossGroups) {
  Paths paths({{pattern, "/.*x", 1},
               {pattern, "/api/.*", 2},
               {pattern, ".*", 3},
               {pattern, "/api/v1/x", 4},
               {pattern, "/a.*", 5}});
  EXPECT_THAT(paths.candidates("/api/v1/x"), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(paths.candidates("/api/v1/y"), ElementsAre(2, 3, 5));
}

TEST(PathTable, AScanForgetsTheOneBefore) {
  Paths paths({{pattern, "/a", 1}, {pattern, "/a?", 2}});
  EXPECT_THAT(paths.candidates("/a"), ElementsAre(1, 2));
  EXPECT_THAT(paths.candidates("/"), ElementsAre(2));
}

std::string error_of(const std::vector<PathEntry>& entries) {
  const Result<PathTable> table = PathTable::compile(entries);
  return table ? "no error" : table.error().message;
}

TEST(PathTable, ErrorsNameTheEntry) {
  EXPECT_EQ(error_of({{exact, "/a"}, {exact, "b"}}), "path 'b' does not begin with a slash.");
  EXPECT_EQ(error_of({{prefix, ""}}), "path '' does not begin with a slash.");
  EXPECT_THAT(error_of({{exact, "/" + std::string(8192, 'a')}}), HasSubstr("more than 8192 bytes"));
  EXPECT_THAT(error_of({{pattern, "/a"}, {pattern, "/(?<=b)"}}), HasSubstr("pattern '/(?<=b)'"));
}

}  // namespace
}  // namespace weft
