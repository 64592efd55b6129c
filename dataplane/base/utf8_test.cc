#include "dataplane/base/utf8.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace weft {

namespace {

TEST(Utf8, LengthsOfCharacters) {
  EXPECT_EQ(utf8_character_bytes("a\xff"), 1u);
  EXPECT_EQ(utf8_character_bytes("\u00fcx"), 2u);
  EXPECT_EQ(utf8_character_bytes("\u20acx"), 3u);
  EXPECT_EQ(utf8_character_bytes("\U0001f600x"), 4u);
}

TEST(Utf8, WhatIsNotWellFormed) {
  for (const char* text : {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf",
                           "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                           "\xf0\x9f\x98", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_character_bytes(text), 0u);
  }
}

// Every scalar value as it is encoded is one character, whatever follows it.
TEST(Utf8, EveryScalarValue) {
  for (uint32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    const auto put = [&text](uint32_t b) { text += static_cast<char>(b); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xc0 | c >> 6);
    } else if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    if (c >= 0x800) put(0x80 | (c >> 6 & 0x3f));
    if (c >= 0x80) put(0x80 | (c & 0x3f));
    ASSERT_EQ(utf8_character_bytes(text), text.size()) << c;
    ASSERT_EQ(utf8_character_bytes(text + "\x80"), text.size()) << c;
  }
}

}  // namespace

}  // namespace weft
