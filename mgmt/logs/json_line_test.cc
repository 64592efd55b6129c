#include "mgmt/logs/json_line.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <vector>

#include "mgmt/logs/parsed_line_test.h"

namespace weft::mgmt {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

std::string line(std::vector<LogField> fields, std::string_view event = "e") {
  return json_line(Time{}, Level::info, event, fields);
}

std::string round_trip(std::string_view text) {
  return parse_line(line({{"text", text}}))["text"];
}

TEST(JsonLine, TimestampIsRfc3339InUtcWithMilliseconds) {
  // 2024-02-29, a leap day; the last microsecond does not round up.
  const Time at{std::chrono::sys_days{std::chrono::year(2024) / 2 / 29} + 23h + 59min + 59s +
                7999us + 1ms - 1ms};
  EXPECT_EQ(json_line(at, Level::warn, "stopped", {}),
            R"({"ts":"2024-02-29T23:59:59.007Z","level":"warn","event":"stopped"})");
  EXPECT_EQ(json_line(Time{}, Level::error, "x", {}),
            R"({"ts":"1970-01-01T00:00:00.000Z","level":"error","event":"x"})");
}

TEST(JsonLine, EveryTypeOfValue) {
  EXPECT_EQ(line({{"s", "web"},
                  {"string", std::string("b")},
                  {"true", true},
                  {"int", -5},
                  {"port", uint16_t{65535}},
                  {"most", UINT64_MAX},
                  {"least", INT64_MIN},
                  {"ratio", 0.25}}),
            R"({"ts":"1970-01-01T00:00:00.000Z","level":"info","event":"e","s":"web","string":"b",)"
            R"("true":true,"int":-5,"port":65535,"most":18446744073709551615,)"
            R"("least":-9223372036854775808,"ratio":0.25})");
}

TEST(JsonLine, NumbersThatJsonCannotSayAreNull) {
  ParsedLine parsed = parse_line(line({{"nan", std::numeric_limits<double>::quiet_NaN()},
                                       {"inf", std::numeric_limits<double>::infinity()},
                                       {"max", std::numeric_limits<double>::max()}}));
  EXPECT_EQ(parsed["nan"], "null");
  EXPECT_EQ(parsed["inf"], "null");
  EXPECT_EQ(std::stod(parsed["max"]), std::numeric_limits<double>::max());
}

TEST(JsonLine, StringsComeBackAsTheyWere) {
  EXPECT_EQ(round_trip("a \"quoted\" \\ back\\slash / \u00fc \U0001f600"),
            "a \"quoted\" \\ back\\slash / \u00fc \U0001f600");
  std::string controls;
  for (char c = 0; c < 0x20; ++c) controls += c;
  controls += '\x7f';
  EXPECT_EQ(round_trip(controls), controls);
  EXPECT_EQ(round_trip("\u009b31m"), "\u009b31m");
}

TEST(JsonLine, NothingOfALineControlsATerminal) {
  const std::string text = line({{"text", "\x1b[31m\r\n\x7f\u009b31m"}});
  for (const char c : text) {
    EXPECT_GE(static_cast<uint8_t>(c), 0x20);
    EXPECT_LT(static_cast<uint8_t>(c), 0x7f);
  }
}

TEST(JsonLine, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(round_trip("a\xff"
                       "b\xc3"),
            "a\ufffdb\ufffd");
  EXPECT_EQ(round_trip("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
}

TEST(JsonLine, LongValuesAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "\u00fc";
  ParsedLine parsed = parse_line(line({{"text", text}, {"after", 1}}));
  EXPECT_EQ(parsed["truncated"], "true");
  EXPECT_EQ(parsed["after"], "1");
  EXPECT_EQ(parsed["text"], text.substr(0, parsed["text"].size()));
  EXPECT_GT(parsed["text"].size(), log_value_bytes_max - 8);
}

TEST(JsonLine, ALineIsBounded) {
  const std::string text(900, 'x');
  std::vector<LogField> fields;
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e1", "f", "g"};
  for (const std::string& key : keys) fields.emplace_back(key, text);
  fields.emplace_back("short", 1);
  const std::string bounded = line(fields);
  EXPECT_LT(bounded.size(), Logs::line_bytes_max);
  ParsedLine parsed = parse_line(bounded);
  EXPECT_EQ(parsed["d"], text);
  EXPECT_EQ(parsed.count("f"), 0u);
  EXPECT_EQ(parsed["short"], "1");
  EXPECT_EQ(parsed["truncated"], "true");
}

TEST(JsonLine, WhateverTheBytesItIsBoundedJson) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string event(random() % 40, '\0');
    std::string a(random() % 3000, '\0');
    std::string b(random() % 3000, '\0');
    for (std::string* text : {&event, &a, &b}) {
      for (char& c : *text) c = static_cast<char>(random());
    }
    const std::string text = line({{"a", a}, {"b", b}, {"c", a}, {"d", b}}, event);
    ASSERT_LT(text.size(), Logs::line_bytes_max);
    ASSERT_TRUE(LineParser(text).parse()) << text;
  }
}

}  // namespace

}  // namespace weft::mgmt
