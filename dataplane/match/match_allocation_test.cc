// Nothing that a worker calls here allocates.
#include <gtest/gtest.h>

#include <array>

#include "dataplane/match/rewrite.h"
#include "dataplane/match/route_table.h"
#include "tests/allocation_count.h"

namespace weft {
namespace {

TEST(MatchAllocation, FindingARouteAllocatesNothing) {
  std::vector<RouteEntry> entries;
  for (uint32_t i = 0; i < 100; ++i) {
    const std::string host = i % 3 == 0 ? "*.example" : "www.example";
    const std::string at = "/" + std::to_string(i % 10);
    entries.push_back({host, PathKind::exact, at, i % 4, i});
    entries.push_back({host, PathKind::prefix, at, i % 4, i});
    entries.push_back({host, PathKind::pattern, "/[0-9]+(?:/.*)?", i % 4, i});
  }
  const RouteTable table = *RouteTable::compile(entries, 7);
  PatternScratch scratch = *table.make_scratch();
  uint32_t asked = 0;
  const auto refuse = [&](uint32_t) {
    ++asked;
    return false;
  };
  const uint64_t before = test::allocations();
  for (const std::string_view path : {"/1", "/1/x", "/x", ""}) {
    for (const std::string_view host : {"www.example", "WWW.other.example", "example"}) {
      table.find(host, path, scratch, refuse);
    }
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_GT(asked, 300u);
}

TEST(MatchAllocation, RewritingAllocatesNothing) {
  const Rewrite rewrite = *Rewrite::compile("/(a+)+/(?<rest>.*)", "/${1}/${rest}");
  RewriteScratch scratch = *RewriteScratch::make();
  const std::string costly = "/" + std::string(2000, 'a');
  std::array<char, 64> to;
  const uint64_t before = test::allocations();
  const auto rewritten = rewrite.apply("/aa/b", to, scratch).outcome;
  const auto given_up = rewrite.apply(costly, to, scratch).outcome;
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(rewritten, Rewrite::Outcome::rewritten);
  EXPECT_NE(given_up, Rewrite::Outcome::rewritten);
}

}  // namespace
}  // namespace weft
