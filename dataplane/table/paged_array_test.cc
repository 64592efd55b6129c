#include "dataplane/table/paged_array.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr uint32_t page = PagedArray<int>::page_items;

TEST(PagedArray, ReadsWhatWasSetAndDefaultsAround) {
  const PagedArray<int> empty;
  EXPECT_FALSE(empty.has(0));
  const auto array = empty.with({{1, 11}, {2 * page + 3, 33}});
  EXPECT_EQ(array[1], 11);
  EXPECT_EQ(array[2 * page + 3], 33);
  EXPECT_EQ(array[0], 0);
  EXPECT_TRUE(array.has(page)) << "a page between, on which nothing was set";
  EXPECT_EQ(array[page], 0);
  EXPECT_TRUE(array.has(3 * page - 1));
  EXPECT_FALSE(array.has(3 * page));
}

TEST(PagedArray, AChangeLeavesTheOldVersionAlone) {
  const auto one = PagedArray<int>().with({{5, 1}});
  const auto other = one.with({{5, 2}, {6, 3}, {6, 4}});
  EXPECT_EQ(one[5], 1);
  EXPECT_EQ(one[6], 0);
  EXPECT_EQ(other[5], 2);
  EXPECT_EQ(other[6], 4) << "of equal indexes the last counts";
}

TEST(PagedArray, OnlyPagesThatChangedAreCopied) {
  const auto one = PagedArray<int>().with({{0, 1}, {page, 2}, {2 * page, 3}});
  const auto other = one.with({{page + 7, 4}});
  EXPECT_TRUE(one.shares_page(other, 0));
  EXPECT_FALSE(one.shares_page(other, page));
  EXPECT_TRUE(one.shares_page(other, 2 * page));
  EXPECT_FALSE(one.shares_page(other, 3 * page)) << "neither has it";
}

TEST(PagedArray, GrowingKeepsTheOldPages) {
  const auto one = PagedArray<int>().with({{0, 1}});
  const auto other = one.with({{4 * page, 5}, {1, 2}});
  EXPECT_EQ(other[0], 1);
  EXPECT_EQ(other[1], 2);
  EXPECT_EQ(other[4 * page], 5);
  EXPECT_EQ(other[3 * page], 0);
}

}  // namespace
}  // namespace weft
