#include "dataplane/match/literal_prefix.h"

#include <gtest/gtest.h>

#include <array>

#include "dataplane/match/rewrite.h"
#include "tests/random_pattern.h"

namespace weft {
namespace {

TEST(LiteralPrefix, IsWhatStandsAtTheFront) {
  EXPECT_EQ(literal_prefix("/users/[0-9]+"), "/users/");
  EXPECT_EQ(literal_prefix("^/users/.*$"), "/users/");
  EXPECT_EQ(literal_prefix("/v1\\.2/.*"), "/v1.2/");
  EXPECT_EQ(literal_prefix("/api/(?:v1|v2)/x"), "/api/");
  EXPECT_EQ(literal_prefix("/api/[|(]x"), "/api/");
  EXPECT_EQ(literal_prefix("/api/\\|\\(x"), "/api/|(x");
  EXPECT_EQ(literal_prefix("/all"), "/all");
  EXPECT_EQ(literal_prefix(""), "");
}

TEST(LiteralPrefix, EndsBeforeWhatMayBeAbsent) {
  EXPECT_EQ(literal_prefix("/cart/?"), "/cart");
  EXPECT_EQ(literal_prefix("/carts*"), "/cart");
  EXPECT_EQ(literal_prefix("/carts{0,3}"), "/cart");
  EXPECT_EQ(literal_prefix("/v1\\.?x"), "/v1");
  EXPECT_EQ(literal_prefix("/carts+"), "/carts");
}

TEST(LiteralPrefix, AlternativesAndWhatIsNotFollowedHaveNone) {
  for (const char* pattern : {"/a|/b", "(?i)/a", "/a(?i)b", "/a(?#|)b", "/a\\Q|\\E", "/ab\\E*",
                              "/a\\c(|b", "(*UTF)/a", "/a[[=a=]]", "/a)", "/a(", "/a[", "/a\\"}) {
    EXPECT_EQ(literal_prefix(pattern), "") << pattern;
  }
}

// Against every short string, by another engine.
void expect_all_begin_with_it(const std::string& pattern) {
  static const std::vector<std::string> texts = test::all_texts(5);
  const Result<Rewrite> whole = Rewrite::compile(pattern, "");
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  RewriteScratch scratch = *RewriteScratch::make();
  const std::string literal = literal_prefix(pattern);
  if (literal.empty()) return;
  for (const std::string& text : texts) {
    if (text.starts_with(literal)) continue;
    std::array<char, 1> none;
    const Rewrite::Rewritten result = whole->apply(text, none, scratch);
    ASSERT_EQ(result.outcome, Rewrite::Outcome::unmatched)
        << "'" << pattern << "' matches '" << text << "' without '" << literal << "'";
  }
}

TEST(LiteralPrefix, EveryMatchBeginsWithIt) {
  test::RandomPattern random(7);
  uint32_t with_literal = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string pattern = random.pattern();
    expect_all_begin_with_it(pattern);
    if (HasFatalFailure()) return;
    with_literal += literal_prefix(pattern).empty() ? 0 : 1;
  }
  EXPECT_GT(with_literal, 1000u);
}

}  // namespace
}  // namespace weft
