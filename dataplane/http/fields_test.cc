#include "dataplane/http/fields.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

std::string text_of(const Fields& fields) {
  std::string text;
  for (uint32_t i = 0; i < fields.count(); ++i) {
    text.append(fields[i].name).append("=").append(fields[i].value).append(" ");
  }
  return text;
}

TEST(KnownField, EveryNameIsFoundInAnyCase) {
  for (unsigned i = 1; i < static_cast<unsigned>(KnownField::count); ++i) {
    const auto field = static_cast<KnownField>(i);
    std::string name(name_of(field));
    EXPECT_EQ(known_field(name), field) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(known_field(name), field) << name;
  }
}

TEST(KnownField, NamesThatDifferInOneCharacterAreOthers) {
  for (unsigned i = 1; i < static_cast<unsigned>(KnownField::count); ++i) {
    const std::string name(name_of(static_cast<KnownField>(i)));
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (const char c : std::string("_!^~`|#09Az-")) {
        std::string other = name;
        other[at] = c;
        if (same_token(other, name)) continue;
        EXPECT_NE(known_field(other), static_cast<KnownField>(i)) << other;
      }
    }
    EXPECT_NE(known_field(name + "s"), static_cast<KnownField>(i));
    EXPECT_NE(known_field(std::string_view(name).substr(1)), static_cast<KnownField>(i));
  }
  EXPECT_EQ(known_field("x"), KnownField::other);
}

TEST(Fields, KeepTheirOrderAndDuplicates) {
  Fields fields;
  EXPECT_TRUE(fields.add("X-A", "1"));
  EXPECT_TRUE(fields.add("Cookie", "2"));
  EXPECT_TRUE(fields.add("x-a", "3"));
  EXPECT_TRUE(fields.add("cookie", "4"));
  EXPECT_EQ(text_of(fields), "X-A=1 Cookie=2 x-a=3 cookie=4 ");
  EXPECT_EQ(fields.find("x-A"), "1");
  EXPECT_EQ(fields.find(KnownField::cookie), "2");
  EXPECT_EQ(fields.find("COOKIE"), "2");
  EXPECT_EQ(fields.find("x-b"), std::nullopt);
  EXPECT_EQ(fields.find(KnownField::host), std::nullopt);
  EXPECT_EQ(fields.repeated(), bit(KnownField::cookie) | bit(KnownField::other));
}

TEST(Fields, SetReplacesAllOfThatNameInThePlaceOfTheFirst) {
  Fields fields;
  for (const char* value : {"1", "2", "3"}) {
    fields.add("Vary", value);
    fields.add("X-A", value);
  }
  EXPECT_TRUE(fields.set("x-a", "new"));
  EXPECT_EQ(text_of(fields), "Vary=1 X-A=new Vary=2 Vary=3 ");
  EXPECT_TRUE(fields.set("vary", ""));
  EXPECT_EQ(text_of(fields), "Vary= X-A=new ");
  EXPECT_TRUE(fields.set("Age", "7"));
  EXPECT_EQ(text_of(fields), "Vary= X-A=new Age=7 ");
  EXPECT_EQ(fields.repeated() & bit(KnownField::vary), 0u);
}

TEST(Fields, RemoveTakesAllOfThatName) {
  Fields fields;
  for (const char* name : {"te", "a", "TE", "b", "A", "via"}) fields.add(name, "v");
  fields.remove("a");
  EXPECT_EQ(text_of(fields), "te=v TE=v b=v via=v ");
  fields.remove("Te");
  EXPECT_EQ(text_of(fields), "b=v via=v ");
  EXPECT_FALSE(fields.has(KnownField::te));
  fields.remove_all(set_of(KnownField::via, KnownField::host));
  EXPECT_EQ(text_of(fields), "b=v ");
  fields.remove("c");
  EXPECT_EQ(text_of(fields), "b=v ");
}

TEST(Fields, AValueMayComeFromTheSameFieldsAlsoWhereTheyMove) {
  Fields fields;
  fields.add("X-0", std::string(100, 'x'));
  std::string expected = "X-0=" + std::string(100, 'x') + " ";
  for (int i = 1; i < 40; ++i) {
    const std::string name = "X-" + std::to_string(i);
    ASSERT_TRUE(fields.add(name, fields[0].value));
    expected += name + "=" + std::string(100, 'x') + " ";
  }
  EXPECT_EQ(text_of(fields), expected);
}

TEST(Fields, EditsHaveABound) {
  Fields fields(100, 2);
  uint32_t added = 0;
  while (fields.add("a", "b")) ++added;
  EXPECT_EQ(added, 2 + Arena::edit_rows_max);
  Fields large(100, 2);
  EXPECT_FALSE(large.add("a", std::string(100 + Arena::edit_bytes_max, 'x')));
  EXPECT_EQ(large.count(), 0u);
  EXPECT_TRUE(large.add("a", std::string(Arena::edit_bytes_max, 'x')));
  EXPECT_FALSE(large.set("a", std::string(100, 'y')));
  EXPECT_EQ(large.find("a")->size(), Arena::edit_bytes_max);
}

TEST(Fields, WithoutFieldsTheyOwnNothing) {
  Fields fields;
  EXPECT_EQ(fields.arena().pinned_bytes(), 0u);
  fields.add("a", "b");
  const Fields moved = std::move(fields);
  EXPECT_EQ(text_of(moved), "a=b ");
  EXPECT_GT(moved.arena().pinned_bytes(), 0u);
}

}  // namespace
}  // namespace weft
