#include "dataplane/match/host_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint64_t seed = 7;

HostTable table_of(const std::vector<std::string>& hosts) {
  return *HostTable::compile(hosts, seed);
}

std::vector<uint32_t> matches(const HostTable& table, std::string_view host) {
  std::vector<uint32_t> ids;
  table.find(host, [&](uint32_t id) {
    ids.push_back(id);
    return false;
  });
  return ids;
}

TEST(HostTable, ExactBeforeLongestWildcardBeforeAny) {
  const HostTable table =
      table_of({"*", "*.example", "*.shop.example", "www.shop.example", "example"});
  EXPECT_THAT(matches(table, "www.shop.example"), ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(matches(table, "api.shop.example"), ElementsAre(2, 1, 0));
  EXPECT_THAT(matches(table, "other.example"), ElementsAre(1, 0));
  EXPECT_THAT(matches(table, "example"), ElementsAre(4, 0));
  EXPECT_THAT(matches(table, "other"), ElementsAre(0));
  EXPECT_THAT(matches(table, ""), ElementsAre(0));
}

TEST(HostTable, AWildcardIsOneLabelOrMore) {
  const HostTable table = table_of({"*.shop.example"});
  EXPECT_THAT(matches(table, "a.shop.example"), ElementsAre(0));
  EXPECT_THAT(matches(table, "a.b.shop.example"), ElementsAre(0));
  EXPECT_THAT(matches(table, "shop.example"), IsEmpty());
  EXPECT_THAT(matches(table, ".shop.example"), IsEmpty());
  EXPECT_THAT(matches(table, "bookshop.example"), IsEmpty());
}

TEST(HostTable, CaseDoesNotCount) {
  const HostTable table = table_of({"Www.Shop.Example", "*.SHOP.example"});
  EXPECT_THAT(matches(table, "wWW.sHOP.eXAMPLE"), ElementsAre(0, 1));
  EXPECT_THAT(matches(table_of({"a@b[c"}), "A@B[C"), ElementsAre(0));
  EXPECT_THAT(matches(table_of({"a@b"}), "a`b"), IsEmpty());
}

TEST(HostTable, TheFirstThatIsAcceptedIsFound) {
  const HostTable table = table_of({"*", "*.example", "a.example"});
  EXPECT_EQ(table.find("a.example", [](uint32_t) { return true; }), 2u);
  EXPECT_EQ(table.find("a.example", [](uint32_t id) { return id != 2; }), 1u);
  EXPECT_EQ(table.find("a.example", [](uint32_t) { return false; }), std::nullopt);
}

TEST(HostTable, AHostThatIsTooLongMatchesOnlyAny) {
  const HostTable table = table_of({"*", "*.example"});
  const std::string longest = std::string(245, 'a') + ".example";
  EXPECT_THAT(matches(table, longest), ElementsAre(1, 0));
  EXPECT_THAT(matches(table, "a" + longest), ElementsAre(0));
  EXPECT_THAT(matches(table, std::string(100'000, '.')), ElementsAre(0));
}

std::string error_of(const std::vector<std::string>& hosts) {
  const Result<HostTable> table = HostTable::compile(hosts, seed);
  return table ? "no error" : table.error().message;
}

TEST(HostTable, WhatIsNoHostIsRefused) {
  EXPECT_THAT(error_of({"a.example", ""}), HasSubstr("'' is no host: it has an empty label"));
  EXPECT_THAT(error_of({"a..example"}), HasSubstr("empty label"));
  EXPECT_THAT(error_of({"example."}), HasSubstr("empty label"));
  EXPECT_THAT(error_of({"*."}), HasSubstr("empty label"));
  EXPECT_THAT(error_of({"a.*.example"}), HasSubstr("a star stands alone"));
  EXPECT_THAT(error_of({"*a.example"}), HasSubstr("a star stands alone"));
  EXPECT_THAT(error_of({"*.*"}), HasSubstr("a star stands alone"));
  EXPECT_THAT(error_of({"a.example:80"}), HasSubstr("a port is no part"));
  EXPECT_THAT(error_of({"a b"}), HasSubstr("bytes that are in none"));
  EXPECT_THAT(error_of({std::string(254, 'a')}), HasSubstr("more than 253 bytes"));
  EXPECT_EQ(error_of({"[::1]"}), "no error");
}

TEST(HostTable, AHostIsThereOnce) {
  EXPECT_EQ(error_of({"a.example", "A.example"}), "'A.example' is there twice.");
  EXPECT_EQ(error_of({"*.example", "*.Example"}), "'*.Example' is there twice.");
  EXPECT_EQ(error_of({"*", "*"}), "'*' is there twice.");
  EXPECT_EQ(error_of({"a", "*.a"}), "no error");
}

// Every pattern asked, the way the words say it.
std::vector<uint32_t> naive_matches(const std::vector<std::string>& hosts, std::string_view host) {
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < hosts.size(); ++id) {
    if (hosts[id] == host) ids.insert(ids.begin(), id);
    if (!hosts[id].starts_with("*.")) continue;
    const std::string_view suffix = std::string_view(hosts[id]).substr(1);
    if (host.size() > suffix.size() && host.ends_with(suffix)) ids.push_back(id);
  }
  const auto wildcards = ids.begin() + (!ids.empty() && hosts[ids[0]] == host ? 1 : 0);
  std::sort(wildcards, ids.end(),
            [&](uint32_t a, uint32_t b) { return hosts[a].size() > hosts[b].size(); });
  return ids;
}

TEST(HostTable, FindsWhatANaiveMatcherFinds) {
  std::mt19937 random(7);
  const auto name = [&](uint32_t labels_max) {
    std::string text;
    for (uint32_t labels = 1 + random() % labels_max; labels > 0; --labels) {
      text += std::string(1 + random() % 2, static_cast<char>('a' + random() % 2));
      if (labels > 1) text += '.';
    }
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> hosts;
    for (int i = 0; i < 20; ++i) {
      const std::string host = (random() % 2 == 0 ? "*." : "") + name(3);
      if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
    }
    const HostTable table = *HostTable::compile(hosts, random());
    for (int i = 0; i < 50; ++i) {
      const std::string host = name(5);
      ASSERT_EQ(matches(table, host), naive_matches(hosts, host)) << host;
    }
  }
}

}  // namespace
}  // namespace weft
