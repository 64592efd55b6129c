#include "dataplane/match/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr PathKind exact = PathKind::exact;
constexpr PathKind pattern = PathKind::pattern;
constexpr PathKind prefix = PathKind::prefix;

RouteTable table_of(std::vector<RouteEntry> entries) {
  for (uint32_t id = 0; id < entries.size(); ++id) entries[id].id = id;
  return *RouteTable::compile(entries, 7);
}

std::vector<uint32_t> candidates(const RouteTable& table, std::string_view host,
                                 std::string_view path) {
  PatternScratch scratch = *table.make_scratch();
  std::vector<uint32_t> ids;
  table.find(host, path, scratch, [&](uint32_t id) {
    ids.push_back(id);
    return false;
  });
  return ids;
}

TEST(RouteTable, TheHostDecidesBeforeThePath) {
  const RouteTable table = table_of({{"*", exact, "/a"},
                                     {"*.shop.example", exact, "/a"},
                                     {"*.example", exact, "/a"},
                                     {"www.shop.example", prefix, "/"}});
  EXPECT_THAT(candidates(table, "www.shop.example", "/a"), ElementsAre(3, 1, 2, 0));
}

TEST(RouteTable, TheKindOfPathDecidesBeforeConditions) {
  const RouteTable table = table_of({{"*", prefix, "/", 9},
                                     {"*", prefix, "/a", 1},
                                     {"*", pattern, "/a.*", 0},
                                     {"*", prefix, "/a", 2},
                                     {"*", pattern, "/.*", 3},
                                     {"*", exact, "/a/b", 0},
                                     {"*", exact, "/a/b", 1}});
  EXPECT_THAT(candidates(table, "x", "/a/b"), ElementsAre(6, 5, 4, 2, 3, 1, 0));
}

TEST(RouteTable, OrderInTheFileDecidesLast) {
  const RouteTable table = table_of(
      {{"a", exact, "/x", 1}, {"A", exact, "/x", 1}, {"a", exact, "/x", 2}, {"a", exact, "/x", 1}});
  EXPECT_THAT(candidates(table, "a", "/x"), ElementsAre(2, 0, 1, 3));
}

TEST(RouteTable, AHostWithoutARouteThatHoldsDoesNotEndTheSearch) {
  const RouteTable table = table_of({{"a.example", exact, "/x"}, {"*", prefix, "/"}});
  PatternScratch scratch = *table.make_scratch();
  const auto yes = [](uint32_t) { return true; };
  EXPECT_EQ(table.find("a.example", "/x", scratch, yes), 0u);
  EXPECT_EQ(table.find("a.example", "/y", scratch, yes), 1u);
  EXPECT_EQ(table.find("a.example", "/x", scratch, [](uint32_t id) { return id != 0; }), 1u);
  EXPECT_EQ(table.find("a.example", "/x", scratch, [](uint32_t) { return false; }), std::nullopt);
}

TEST(RouteTable, WithoutRoutesNothingIsFound) {
  EXPECT_TRUE(candidates(table_of({}), "a", "/").empty());
}

TEST(RouteTable, WorkersHaveClonesOfOneScratch) {
  const RouteTable table = table_of({{"a", pattern, "/[0-9]+"}, {"b", pattern, "/x/[0-9]+/.*"}});
  const PatternScratch original = *table.make_scratch();
  PatternScratch scratch = *original.clone();
  const auto yes = [](uint32_t) { return true; };
  EXPECT_EQ(table.find("a", "/12", scratch, yes), 0u);
  EXPECT_EQ(table.find("b", "/x/1/2", scratch, yes), 1u);
}

TEST(RouteTable, ErrorsNameHostOrPath) {
  const std::vector<RouteEntry> entries = {{"a.example", pattern, "/("}};
  const Result<RouteTable> bad_path = RouteTable::compile(entries, 7);
  ASSERT_FALSE(bad_path.has_value());
  EXPECT_THAT(bad_path.error().message, HasSubstr("pattern '/('"));
  const std::vector<RouteEntry> others = {{"a..example", prefix, "/"}};
  const Result<RouteTable> bad_host = RouteTable::compile(others, 7);
  ASSERT_FALSE(bad_host.has_value());
  EXPECT_THAT(bad_host.error().message, HasSubstr("'a..example' is no host"));
}

}  // namespace
}  // namespace weft
