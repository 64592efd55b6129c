#include "dataplane/http/path.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weft {
namespace {

std::string normal(std::string_view path, const PathRules& rules = {}) {
  std::string to(path.size(), ' ');
  const NormalPath normal = normalise_path(path, rules, to.data());
  if (normal.refusal != Refusal::none) return std::string(name_of(normal.refusal));
  return to.substr(0, normal.bytes);
}

// RFC 3986, 5.2.4 and 5.4, where paths are absolute.
TEST(Path, DotSegmentsAreResolved) {
  EXPECT_EQ(normal("/a/b/c/./../../g"), "/a/g");
  EXPECT_EQ(normal("/."), "/");
  EXPECT_EQ(normal("/.."), "/");
  EXPECT_EQ(normal("/b/c/."), "/b/c/");
  EXPECT_EQ(normal("/b/c/.."), "/b/");
  EXPECT_EQ(normal("/b/c/../"), "/b/");
  EXPECT_EQ(normal("/../../../g"), "/g");
  EXPECT_EQ(normal("/b/c/g."), "/b/c/g.");
  EXPECT_EQ(normal("/b/c/.g"), "/b/c/.g");
  EXPECT_EQ(normal("/b/c/..g"), "/b/c/..g");
  EXPECT_EQ(normal("/b/c/..."), "/b/c/...");
  EXPECT_EQ(normal("/b/c/g;x=1/../y"), "/b/c/y");
}

TEST(Path, EscapesOfUnreservedCharactersAreDecodedBeforeSegmentsAre) {
  EXPECT_EQ(normal("/%41%7a%30%2D%5f%7E"), "/Az0-_~");
  EXPECT_EQ(normal("/a/%2e%2e/b"), "/b");
  EXPECT_EQ(normal("/a/.%2E/b"), "/b");
  EXPECT_EQ(normal("/%25%3f%23%c3%a9"), "/%25%3F%23%C3%A9");
  EXPECT_EQ(normal("/%252e%252e/b"), "/%252e%252e/b");
}

TEST(Path, WhatIsNoEscapeIsRefused) {
  for (const char* path : {"/%", "/%4", "/%4g", "/%g4", "/a%", "/%%41", "/% 41"}) {
    EXPECT_EQ(normal(path), "path_escape_malformed") << path;
  }
  EXPECT_EQ(normal("/a%00"), "path_nul");
}

TEST(Path, SlashesAreMergedUnlessTheyShallNot) {
  EXPECT_EQ(normal("//a///b//"), "/a/b/");
  EXPECT_EQ(normal("/a//../b"), "/b");
  EXPECT_EQ(normal("//a///b//", {.merge_slashes = false}), "//a///b//");
  EXPECT_EQ(normal("/a//../b", {.merge_slashes = false}), "/a/b");
}

TEST(Path, EscapedSlashesFollowThePolicy) {
  EXPECT_EQ(normal("/a%2f..%2Fb"), "/a%2F..%2Fb");
  EXPECT_EQ(normal("/a%2f..%2Fb", {.escaped_slash = EscapedSlash::decode}), "/b");
  EXPECT_EQ(normal("/a%2fb", {.escaped_slash = EscapedSlash::refuse}), "path_slash_escaped");
}

TEST(Path, BackslashesFollowThePolicy) {
  for (const char* path : {"/a\\..\\b", "/a%5c..%5Cb"}) {
    EXPECT_EQ(normal(path), "path_backslash");
    EXPECT_EQ(normal(path, {.backslash = Backslash::slash}), "/b");
  }
  EXPECT_EQ(normal("/a\\b%5c", {.backslash = Backslash::keep}), "/a\\b%5C");
}

PathRules rules_of(uint32_t choice) {
  return {static_cast<EscapedSlash>(choice % 3), static_cast<Backslash>(choice / 3 % 3),
          choice / 9 % 2 == 0};
}

// Out of pieces that matter, under all rules.
TEST(Path, NormalFormsAreTheirOwnNormalForm) {
  constexpr std::string_view pieces[] = {
      "/", "/",   ".",   "..", "%2e", "%2F", "%5C", "\\",
      "a", "%61", "%25", "2f", "%",   "%c3", "..;", "abcdefghijklmnopqrstuvwxyzabcdef"};
  std::mt19937 random(7);
  uint32_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string path = "/";
    for (uint32_t n = random() % 12; n > 0; --n) path += pieces[random() % std::size(pieces)];
    const PathRules rules = rules_of(random());
    const std::string once = normal(path, rules);
    if (once.front() != '/') continue;
    ++accepted;
    ASSERT_EQ(normal(once, rules), once) << path;
    ASSERT_FALSE(is_plain_path(path) && once != path) << path;
    ASSERT_EQ((once + "/").find("/../"), std::string::npos) << path;
    ASSERT_EQ((once + "/").find("/./"), std::string::npos) << path;
  }
  EXPECT_GT(accepted, 50'000u);
}

TEST(Path, PlainPathsAreToldWhereverTheOddPartStands) {
  for (const std::string_view odd : {"//", "/.", "%", "\\"}) {
    for (std::size_t before = 0; before < 70; ++before) {
      const std::string path = "/" + std::string(before, 'a');
      EXPECT_TRUE(is_plain_path(path + "b.a/b.c"));
      EXPECT_FALSE(is_plain_path(path + std::string(odd) + "b"));
      EXPECT_FALSE(is_plain_path(path + "a" + std::string(odd)));
    }
  }
}

}  // namespace
}  // namespace weft
