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

TEST(LiteralPrefix, EndsBeforeWhatAQuantifierIsFor) {
  EXPECT_EQ(literal_prefix("/cart/?"), "/cart");
  EXPECT_EQ(literal_prefix("/carts*"), "/cart");
  EXPECT_EQ(literal_prefix("/carts{0,3}"), "/cart");
  EXPECT_EQ(literal_prefix("/v1\\.?x"), "/v1");
  EXPECT_EQ(literal_prefix("/carts+"), "/cart");
}

TEST(LiteralPrefix, AlternativesAndWhatIsNotFollowedHaveNone) {
  for (const char* pattern : {"/a|/b", "(?i)/a", "/a(?i)b", "/a(?#|)b", "/a\\Q|\\E", "/ab\\E*",
                              "/a\\c(|b", "(*UTF)/a", "/a[[=a=]]", "/a)", "/a(", "/a[", "/a\\"}) {
    EXPECT_EQ(literal_prefix(pattern), "") << pattern;
  }
}

TEST(PatternBehind, IsThePatternWithoutItsFront) {
  EXPECT_EQ(pattern_behind("/users/[0-9]+", 6), "\\/[0-9]+");
  EXPECT_EQ(pattern_behind("^/v1\\.2x*", 3), "\\.2x*");
  EXPECT_EQ(pattern_behind("/users", 6), "");
  EXPECT_EQ(pattern_behind("a|b", 0), "a|b");
  EXPECT_EQ(pattern_behind("^a*", 0), "^a*");
}

// Asks another engine.
class Whole {
 public:
  explicit Whole(const std::string& pattern) : rewrite_(*Rewrite::compile(pattern, "")) {}
  bool matches(std::string_view text) {
    std::array<char, 1> none;
    return rewrite_.apply(text, none, scratch_).outcome == Rewrite::Outcome::rewritten;
  }

 private:
  Rewrite rewrite_;
  RewriteScratch scratch_ = *RewriteScratch::make();
};

// Over every short string.
void expect_all_begin_with_it(const std::string& pattern) {
  static const std::vector<std::string> texts = test::all_texts(5);
  const std::string literal = literal_prefix(pattern);
  const std::size_t n = literal.size() / 2;
  Whole whole(pattern);
  Whole behind(pattern_behind(pattern, n));
  for (const std::string& text : texts) {
    const bool matches = whole.matches(text);
    ASSERT_TRUE(!matches || text.starts_with(literal))
        << "'" << pattern << "' matches '" << text << "' without '" << literal << "'";
    if (!text.starts_with(literal.substr(0, n))) continue;
    ASSERT_EQ(behind.matches(text.substr(n)), matches) << pattern << " on " << text;
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
