#include "dataplane/match/pattern_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "dataplane/match/rewrite.h"
#include "tests/random_pattern.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Compiles, and matches with scratch of its own. The first text has rank 0.
class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& texts) : set_(*PatternSet::compile(of(texts))) {
    EXPECT_TRUE(scratch_.fit(set_).has_value());
  }
  std::vector<uint32_t> match(std::string_view subject) {
    scratch_.clear();
    set_.match(subject, scratch_);
    const auto matched = scratch_.matched();
    return {matched.begin(), matched.end()};
  }
  static std::vector<Pattern> of(const std::vector<std::string>& texts) {
    std::vector<Pattern> patterns;
    for (const std::string& text : texts) {
      patterns.push_back({text, static_cast<uint32_t>(patterns.size())});
    }
    return patterns;
  }

 private:
  PatternSet set_;
  PatternScratch scratch_;
};

std::string error_of(const std::vector<std::string>& texts) {
  const Result<PatternSet> set = PatternSet::compile(Patterns::of(texts));
  if (set) return "no error";
  EXPECT_EQ(set.error().fault, Fault::operator_input);
  return set.error().message;
}

TEST(PatternSet, AllThatMatchInOrderOfRank) {
  Patterns patterns({"/p/.*\\.php", "/p/v[0-9]/.*", "/q/.*", "/p/.*"});
  EXPECT_THAT(patterns.match("/p/v1/x.php"), ElementsAre(0, 1, 3));
  EXPECT_THAT(patterns.match("/p/x"), ElementsAre(3));
  EXPECT_THAT(patterns.match("/r"), IsEmpty());
}

TEST(PatternSet, RanksAreTheCallers) {
  const std::vector<Pattern> patterns = {{"/a.*", 700}, {"/.*", 3}};
  const PatternSet set = *PatternSet::compile(patterns);
  PatternScratch scratch;
  ASSERT_TRUE(scratch.fit(set).has_value());
  set.match("/ab", scratch);
  EXPECT_THAT(scratch.matched(), ElementsAre(3, 700));
}

TEST(PatternSet, TheWholeSubjectMatchesAndNothingLess) {
  Patterns patterns({"/a+", "b$", "^c", "d|e"});
  EXPECT_THAT(patterns.match("/aa"), ElementsAre(0));
  EXPECT_THAT(patterns.match("/aab"), IsEmpty());
  EXPECT_THAT(patterns.match("x/a"), IsEmpty());
  EXPECT_THAT(patterns.match("b"), ElementsAre(1));
  EXPECT_THAT(patterns.match("b\n"), IsEmpty());
  EXPECT_THAT(patterns.match("c"), ElementsAre(2));
  EXPECT_THAT(patterns.match("e"), ElementsAre(3));
  EXPECT_THAT(patterns.match("ex"), IsEmpty());
}

TEST(PatternSet, ADotIsAnyByteAndCaseCounts) {
  Patterns patterns({"/.", "/A", "(?i)/b", ".*"});
  EXPECT_THAT(patterns.match("/\n"), ElementsAre(0, 3));
  EXPECT_THAT(patterns.match("/a"), ElementsAre(0, 3));
  EXPECT_THAT(patterns.match("/B"), ElementsAre(0, 2, 3));
  EXPECT_THAT(patterns.match("/\xc3\xa4"), ElementsAre(3));
  EXPECT_THAT(patterns.match(std::string("\0", 1)), ElementsAre(3));
}

TEST(PatternSet, TheEmptySubjectMayMatch) {
  Patterns patterns({"a?", "a", ""});
  EXPECT_THAT(patterns.match(""), ElementsAre(0, 2));
  EXPECT_THAT(patterns.match({}), ElementsAre(0, 2));
}

TEST(PatternSet, AFrontThatAllShareIsNotMatchedAgain) {
  const std::vector<Pattern> patterns = {{"/a/b[0-9]", 0}, {"^/a/.*", 1}, {"/a/b", 2}};
  const PatternSet set = *PatternSet::compile(patterns, 2);
  PatternScratch scratch;
  ASSERT_TRUE(scratch.fit(set).has_value());
  set.match("/b1", scratch);
  EXPECT_THAT(scratch.matched(), ElementsAre(0, 1));
  scratch.clear();
  set.match("/b", scratch);
  EXPECT_THAT(scratch.matched(), ElementsAre(1, 2));
}

TEST(PatternSet, AnErrorNamesThePatternAndWhy) {
  EXPECT_EQ(error_of({"/a", "/b(?=c)", "/d"}),
            "pattern '/b(?=c)' cannot be compiled: Zero-width assertions are not supported.");
  EXPECT_THAT(error_of({"(a)\\1"}), HasSubstr("Back-references are unsupported"));
  EXPECT_THAT(error_of({"/["}), HasSubstr("pattern '/['"));
  EXPECT_THAT(error_of({std::string("/a\0b", 4)}), HasSubstr("a zero byte"));
}

TEST(PatternSet, NoPatternLeavesItsBrackets) {
  EXPECT_THAT(error_of({"a)|(?:b"}), HasSubstr("pattern 'a)|(?:b'"));
  EXPECT_THAT(error_of({"(?x)a #"}), HasSubstr("pattern '(?x)a #'"));
  EXPECT_THAT(error_of({"a\\Qb"}), HasSubstr("pattern 'a\\Qb'"));
  EXPECT_THAT(error_of({"a\\"}), HasSubstr("pattern 'a\\'"));
}

TEST(PatternSet, AClonedScratchIsAnotherWorkers) {
  const PatternSet set = *PatternSet::compile(Patterns::of({"/a", "/a*"}));
  PatternScratch first;
  ASSERT_TRUE(first.fit(set).has_value());
  PatternScratch second = *first.clone();
  set.match("/a", first);
  set.match("/", second);
  EXPECT_THAT(first.matched(), ElementsAre(0, 1));
  EXPECT_THAT(second.matched(), ElementsAre(1));
}

TEST(PatternSet, OneScratchFitsSeveralSetsAndAddsUp) {
  const PatternSet one = *PatternSet::compile(std::vector<Pattern>{{"/a", 65}});
  const PatternSet two = *PatternSet::compile(std::vector<Pattern>{{"/.*", 1}, {"/b", 2}});
  PatternScratch scratch;
  ASSERT_TRUE(scratch.fit(one).has_value());
  ASSERT_TRUE(scratch.fit(two).has_value());
  one.match("/a", scratch);
  two.match("/a", scratch);
  EXPECT_THAT(scratch.matched(), ElementsAre(1, 65));
  scratch.clear();
  two.match("/b", scratch);
  EXPECT_THAT(scratch.matched(), ElementsAre(1, 2));
}

// Two engines agree, with patterns that match one string in many ways.
TEST(PatternSet, MatchesWhatAnotherEngineMatches) {
  test::RandomPattern random(11);
  const std::vector<std::string> texts = test::all_texts(5);
  RewriteScratch scratch = *RewriteScratch::make();
  for (int i = 0; i < 150; ++i) {
    std::vector<std::string> patterns(1 + random.up_to(8));
    for (std::string& pattern : patterns) pattern = random.pattern();
    std::vector<Rewrite> others;
    for (const std::string& text : patterns) others.push_back(*Rewrite::compile(text, ""));
    Patterns set(patterns);
    for (const std::string& text : texts) {
      std::vector<uint32_t> expected;
      for (uint32_t rank = 0; rank < others.size(); ++rank) {
        std::array<char, 1> none;
        const auto result = others[rank].apply(text, none, scratch);
        ASSERT_NE(result.outcome, Rewrite::Outcome::too_costly);
        if (result.outcome == Rewrite::Outcome::rewritten) expected.push_back(rank);
      }
      ASSERT_EQ(set.match(text), expected) << text << ", the first pattern is " << patterns[0];
    }
  }
}

}  // namespace
}  // namespace weft
