#include "dataplane/match/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

using testing::HasSubstr;
using Outcome = Rewrite::Outcome;

struct Written {
  Outcome outcome;
  std::string text;
  bool operator==(const Written&) const = default;
};

Written applied(const Rewrite& rewrite, std::string_view subject, std::size_t room_bytes = 256) {
  RewriteScratch scratch = *RewriteScratch::make();
  std::string to(room_bytes, '?');
  const Rewrite::Rewritten result = rewrite.apply(subject, to, scratch);
  return {result.outcome, std::string(result.text)};
}

Written applied(std::string_view pattern, std::string_view replacement, std::string_view subject) {
  return applied(*Rewrite::compile(pattern, replacement), subject);
}

Written rewritten(std::string text) {
  return {Outcome::rewritten, std::move(text)};
}

TEST(Rewrite, GroupsAreNamedByNumberOrName) {
  EXPECT_EQ(applied("/old/(.*)", "/new/${1}", "/old/a/b"), rewritten("/new/a/b"));
  EXPECT_EQ(applied("/(\\w+)/(\\w+)", "/${2}/${1}0", "/a/b"), rewritten("/b/a0"));
  EXPECT_EQ(applied("/(?<first>\\w+)/(?<rest>.*)", "/${rest}/${first}", "/a/b"), rewritten("/b/a"));
  EXPECT_EQ(applied("/a", "/x${0}", "/a"), rewritten("/x/a"));
}

TEST(Rewrite, ADollarIsWrittenTwice) {
  EXPECT_EQ(applied("/a", "/$$1/{1}\\1", "/a"), rewritten("/$1/{1}\\1"));
  EXPECT_EQ(applied("/a", "", "/a"), rewritten(""));
}

TEST(Rewrite, TheWholeSubjectMatches) {
  EXPECT_EQ(applied("/a", "/b", "/a/c").outcome, Outcome::unmatched);
  EXPECT_EQ(applied("/a", "/b", "x/a").outcome, Outcome::unmatched);
  EXPECT_EQ(applied("/a$", "/b", "/a\n").outcome, Outcome::unmatched);
  EXPECT_EQ(applied("/a|/a/c", "/b", "/a/c"), rewritten("/b"));
  EXPECT_EQ(applied("/.*", "/b", "/\n\xff"), rewritten("/b"));
  EXPECT_EQ(applied("(a?)", "<${1}>", {}), rewritten("<>"));
}

TEST(Rewrite, AGroupThatTookNoPartIsEmpty) {
  EXPECT_EQ(applied("/(a)?(b)?(c)?", "<${1}${2}${3}>", "/b"), rewritten("<b>"));
}

TEST(Rewrite, WhatHasNoRoomIsNotWritten) {
  const Rewrite rewrite = *Rewrite::compile("/(.*)", "/new/${1}");
  EXPECT_EQ(applied(rewrite, "/abc", 8), rewritten("/new/abc"));
  EXPECT_EQ(applied(rewrite, "/abcd", 8), (Written{Outcome::too_long, ""}));
  EXPECT_EQ(applied(rewrite, "/", 4).outcome, Outcome::too_long);
}

TEST(Rewrite, WorkIsBounded) {
  const std::string many = std::string(40, 'a') + "bc";
  EXPECT_EQ(applied("(?:a+)+b", "", many).outcome, Outcome::too_costly);
  EXPECT_EQ(applied("(?:a|aa|aaa)+b", "", many).outcome, Outcome::too_costly);
  const std::string very_many = std::string(8000, 'a') + "bc";
  EXPECT_EQ(applied(".*.*.*.*.*.*b", "", very_many).outcome, Outcome::too_costly);
  EXPECT_EQ(applied("(a(?1)?b)", "", very_many).outcome, Outcome::too_costly);
}

TEST(Rewrite, WhatIsUsualIsWithinTheBound) {
  std::string path;
  for (int i = 0; i < 150; ++i) path += "/segment";
  EXPECT_EQ(applied("((?:/[a-z]+)+)", "/x${1}", path).outcome, Outcome::too_long);
  EXPECT_EQ(applied("/(.*)/(segment)", "/${2}", path), rewritten("/segment"));
}

std::string error_of(std::string_view pattern, std::string_view replacement) {
  const Result<Rewrite> rewrite = Rewrite::compile(pattern, replacement);
  if (rewrite) return "no error";
  EXPECT_EQ(rewrite.error().fault, Fault::operator_input);
  return rewrite.error().message;
}

TEST(Rewrite, AGroupThatIsNotThereIsRefused) {
  EXPECT_EQ(error_of("/(a)", "/${2}"),
            "replacement '/${2}' names group '2', which the pattern has not.");
  EXPECT_THAT(error_of("/(?<x>a)", "/${y}"), HasSubstr("names group 'y'"));
  EXPECT_THAT(error_of("/(a)", "/${}"), HasSubstr("names group ''"));
  EXPECT_THAT(error_of("/(a)", "/${-1}"), HasSubstr("names group '-1'"));
  EXPECT_THAT(error_of("/(a)", "/${99999999999}"), HasSubstr("names group '99999999999'"));
}

TEST(Rewrite, ATemplateThatReadsTwoWaysIsRefused) {
  for (const char* replacement : {"/$1", "/$", "/${1", "/$x", "/a$"}) {
    EXPECT_THAT(error_of("/(a)", replacement), HasSubstr("has a dollar that is neither"));
  }
}

TEST(Rewrite, ABadPatternIsRefused) {
  EXPECT_EQ(error_of("/(a", ""),
            "pattern '/(a' cannot be compiled: missing closing parenthesis, at byte 3.");
  std::string groups;
  for (uint32_t i = 0; i <= Rewrite::groups_max; ++i) groups += "(a)";
  EXPECT_THAT(error_of(groups, ""), HasSubstr("more than 31 groups"));
}

}  // namespace
}  // namespace weft
