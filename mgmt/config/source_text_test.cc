#include "mgmt/config/source_text.h"

#include <gtest/gtest.h>

#include "mgmt/config/key_place.h"
#include "mgmt/config/suggestion.h"

namespace weft::mgmt::config {

namespace {

TEST(SourceText, CountsCharactersAndKeepsTabsBeforeTheCaret) {
  const std::string text = "a = 1\n\t\"\u00fcber\" = x\n";
  const SourceText source(text, "f");
  EXPECT_EQ(to_string(source.error(static_cast<Offset>(text.find('x')), "wrong")),
            "f:2:11: wrong\n\t\"\u00fcber\" = x\n\t         ^");
}

TEST(SourceText, TheEndOfTheFileIsAfterItsLastLine) {
  const SourceText source("a = 1\nb = \n\n", "f");
  EXPECT_EQ(to_string(source.error(100, "ends")), "f:2:5: ends\nb = \n    ^");
  EXPECT_EQ(to_string(SourceText("", "f").error(0, "empty")), "f:1:1: empty\n\n^");
}

TEST(SourceText, OfTheFileAsAWhole) {
  EXPECT_EQ(to_string(SourceText("", "f").error("is a directory")), "f: is a directory");
}

TEST(SourceText, ALongLineIsShownAroundTheColumn) {
  const std::string text = "x = \"" + std::string(500, 'a') + "!" + std::string(500, 'b') + "\"";
  const ConfigError error = SourceText(text, "f").error(505, "wrong");
  EXPECT_EQ(error.column, 506u);
  EXPECT_EQ(error.text, "..." + std::string(60, 'a') + "!" + std::string(59, 'b') + "...");
  EXPECT_EQ(error.text[error.caret], '!');
}

TEST(SourceText, TheStartOfALongLineIsShownAsItIs) {
  const std::string text = "k = \"" + std::string(500, 'a') + "\"";
  const ConfigError error = SourceText(text, "f").error(0, "wrong");
  EXPECT_EQ(error.caret, 0u);
  EXPECT_EQ(error.text, "k = \"" + std::string(115, 'a') + "...");
}

TEST(SourceText, ASecretIsNotShown) {
  const auto shown = [](const std::string& line) {
    return SourceText(line, "f").error(0, "wrong").text;
  };
  EXPECT_EQ(shown(R"(key = "8f95f09245765f80256934e50c66207f")"),
            R"(key = "********************************")");
  EXPECT_EQ(shown(R"(quic = [{ rotation = 9, "key"='8f95', key_file = "/a" }, { key = "f09" }])"),
            R"(quic = [{ rotation = 9, "key"='****', key_file = "/a" }, { key = "***" }])");
  EXPECT_EQ(shown("key=8f95\u00fc, rotation = 1"), "key=*****, rotation = 1") << "no string";
  EXPECT_EQ(shown(R"(quic.key = "8f95)"), R"(quic.key = "****)") << "without an end";
  EXPECT_EQ(shown(R"(key = """8f95""")"), R"(key = """****""")");
  for (const char* plain : {"key", "key =", "key = \"\"", "monkey = \"8f95\"", "keys = \"a\""}) {
    EXPECT_EQ(shown(plain), plain);
  }
}

TEST(SourceText, WhatATerminalWouldTakeForACommandIsNotShown) {
  const std::string controls =
      "a\x1b[1mb\xc2\x9b"
      "31mc\xc2\x85\x7f\xc2\xa0\xc3\xbc";
  const ConfigError error = SourceText(controls, "f").error(0, "wrong");
  EXPECT_EQ(error.text, "a?[1mb?31mc??\xc2\xa0\xc3\xbc");
  EXPECT_EQ(in_quotes(controls), "\"" + error.text + "\"");
}

TEST(SourceText, WhatIsNotUtf8IsShownAsUtf8) {
  const std::string bytes =
      "a\xff\x9b\xc3"
      "z\xed\xa0\x80\xe2\x82";
  const ConfigError error = SourceText(bytes, "f").error(1, "wrong");
  EXPECT_EQ(error.text, "a???z?????");
  EXPECT_EQ(in_quotes(bytes), "\"a???z?????\"");
}

TEST(InQuotes, CutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\u00fc";
  const std::string shown = in_quotes("x" + text);
  EXPECT_LE(shown.size(), 90u);
  EXPECT_TRUE(shown.ends_with("\u00fc...\""));
  EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
}

Offset place_of(std::string_view text, std::string_view value, std::string_view key) {
  return key_place(text, static_cast<Offset>(text.find(value)), key);
}

TEST(KeyPlace, BeforeTheEqualsSign) {
  EXPECT_EQ(place_of("a = 1", "1", "a"), 0u);
  EXPECT_EQ(place_of("x = 1\n  ab\t=\t22", "22", "ab"), 8u);
  EXPECT_EQ(place_of("{ a = 1, bc=2 }", "2", "bc"), 9u);
  EXPECT_EQ(place_of("a.b.cd = 5", "5", "cd"), 4u);
}

TEST(KeyPlace, QuotedKeys) {
  EXPECT_EQ(place_of("'a b' = 1", "1", "a b"), 0u);
  EXPECT_EQ(place_of("x.\"a \\\" b\" = 1", "1", "a \" b"), 2u);
}

TEST(KeyPlace, InsideHeadersAndDottedKeys) {
  EXPECT_EQ(place_of("[gateway]\n", "[", "gateway"), 1u);
  EXPECT_EQ(place_of("[[ a-b.b ]]\n", "[", "b"), 7u);
  EXPECT_EQ(place_of("ab.b.c = 1\n", "ab", "b"), 3u);
}

TEST(Suggestion, Distance) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("same", "same"), 0u);
  EXPECT_EQ(edit_distance("interval_sm", "interval_ms"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Suggestion, OnlyWhatIsNear) {
  const std::vector<std::string_view> words = {"name", "fall", "rise", "tcp", "interval_ms"};
  EXPECT_EQ(nearest("nmae", words), "name");
  EXPECT_EQ(nearest("intervall_ms", words), "interval_ms");
  EXPECT_EQ(nearest("tpc", words), "tcp");
  EXPECT_EQ(nearest("xyz", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest(std::string(10000, 'x'), words), "");
}

}  // namespace

}  // namespace weft::mgmt::config
