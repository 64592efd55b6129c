#include "mgmt/io/text_search.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

TEST(TextSearch, FindsATextAcrossPieces) {
  const std::string body = "status: o-ok, all well";
  for (std::size_t piece_bytes = 1; piece_bytes <= body.size(); ++piece_bytes) {
    TextSearch search("ok, all");
    EXPECT_FALSE(search.found());
    for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
      search.add(std::string_view(body).substr(at, piece_bytes));
    }
    EXPECT_TRUE(search.found()) << piece_bytes;
  }
}

TEST(TextSearch, DoesNotFindWhatIsNotThere) {
  TextSearch search("aab");
  for (int i = 0; i < 1000; ++i) search.add("aa");
  EXPECT_FALSE(search.found());
  search.add("b");
  EXPECT_TRUE(search.found());
}

TEST(TextSearch, AnEmptyTextIsFoundInNothing) {
  EXPECT_TRUE(TextSearch("").found());
}

}  // namespace
}  // namespace weft::mgmt
