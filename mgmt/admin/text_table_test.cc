#include "mgmt/admin/text_table.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCellAndNumbersStandToTheRight) {
  TextTable table({"NAME", ">PACKETS", "WHY"});
  EXPECT_TRUE(table.empty());
  table.add({"a-long-name", "7", ""});
  table.add({"b", "12345678901", "it works"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.text(),
            "NAME             PACKETS  WHY\n"
            "a-long-name            7\n"
            "b            12345678901  it works\n");
}

TEST(TextTable, WidthsCountCharactersNotBytes) {
  TextTable table({"NAME", "X"});
  table.add({"é", "1"});
  table.add({"ab", "2"});
  EXPECT_EQ(table.text(), "NAME  X\né     1\nab    2\n");
}

TEST(ShortNumber, IsExactWhileSmallAndHasThreeDigitsThen) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.25), "0.2");
  EXPECT_EQ(short_number(99'999), "99999");
  EXPECT_EQ(short_number(100'000), "100 k");
  EXPECT_EQ(short_number(999'499), "999 k");
  EXPECT_EQ(short_number(999'500), "1.00 M");
  EXPECT_EQ(short_number(1'234'567), "1.23 M");
  EXPECT_EQ(short_number(12'345'678), "12.3 M");
  EXPECT_EQ(short_number(9'999'999), "10.0 M");
  EXPECT_EQ(short_number(18e18), "18.0 E");
}

TEST(ShortDuration, HasAtMostTwoUnits) {
  EXPECT_EQ(short_duration(0), "0 ms");
  EXPECT_EQ(short_duration(999), "999 ms");
  EXPECT_EQ(short_duration(1999), "1 s");
  EXPECT_EQ(short_duration(200'000), "3 min 20 s");
  EXPECT_EQ(short_duration(5 * 3'600'000.0 + 12 * 60'000), "5 h 12 min");
  EXPECT_EQ(short_duration(40 * 86'400'000.0 + 3 * 3'600'000), "40 d 3 h");
}

}  // namespace
}  // namespace weft::mgmt
