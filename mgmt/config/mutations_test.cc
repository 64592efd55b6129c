// Whatever the bytes are: a Model, or errors that say where.
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view valid = R"(# A whole configuration, "quotes" and all
[gateway]
name = "gw-1"
workers = [1, 1] # two
"fleet" = 'edge'
hash_seed = """
grain \
  of sand"""
nat_return = "symmetric"
flows.tunnel4_flows_max = 65_536

[[interface]]
name = "edge"
device = ["af_xdp:eth1", "af_xdp:eth2:1"]
vlan = 0x78
addresses = ["10.0.0.254/24", "fd00::254/64"]
source_addresses = ["10.0.0.240/29"]
routes = [{ to = "0.0.0.0/0", via = "10.0.0.1" }]

[[listener]]
name = "web"
address = "203.0.113.0/24:8000-8099"
protocol = "udp"
forward = "nat"
cluster = "web"

[[cluster]]
name = "web"
endpoints = [
  "a.example:80",
  { address = "10.0.2.2:8080", weight = 0 },
]
[cluster.health]
http = "/h\u0061"
body = "\u00e4"
)";

void expect_model_or_places(std::string_view text) {
  const Loaded loaded = load(text, "weft.toml", test_host);
  if (loaded) return;
  ASSERT_FALSE(loaded.error().empty());
  std::pair<uint32_t, uint32_t> before;
  for (const ConfigError& error : loaded.error()) {
    const std::pair at(error.line, error.column);
    ASSERT_GE(error.line, 1u) << text;
    ASSERT_GE(error.column, 1u) << text;
    ASSERT_LE(before, at) << text;
    ASSERT_FALSE(error.message.empty()) << text;
    ASSERT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    ASSERT_LE(error.caret, error.text.size()) << text;
    before = at;
  }
}

TEST(Mutations, TheWholeIsTaken) {
  const Loaded loaded = load(valid, "weft.toml", test_host);
  EXPECT_TRUE(loaded) << to_string(loaded.error());
}

TEST(Mutations, CutAtEveryByte) {
  for (std::size_t n = 0; n < valid.size(); ++n) expect_model_or_places(valid.substr(0, n));
}

TEST(Mutations, EveryByteLeftOut) {
  for (std::size_t n = 0; n < valid.size(); ++n) {
    expect_model_or_places(std::string(valid.substr(0, n)) + std::string(valid.substr(n + 1)));
  }
}

TEST(Mutations, RandomBytes) {
  std::mt19937 random(20250131);
  constexpr std::string_view likely = "[]{}\"'=.,#\n\\ \t-_0123456789abcxu\r\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text(valid);
    const uint32_t changes = 1 + random() % 4;
    for (uint32_t i = 0; i < changes; ++i) {
      const std::size_t at = random() % text.size();
      const char c =
          random() % 4 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1 + random() % 3, c);
          break;
        default:
          text.erase(at, random() % 20);
      }
    }
    expect_model_or_places(text);
  }
}

TEST(Mutations, DeepAndWide) {
  for (const char open : {'[', '{', '.', '"', '\'', '='}) {
    expect_model_or_places("x = " + std::string(100000, open));
    expect_model_or_places(std::string(100000, open));
  }
  std::string dotted = "a";
  for (int i = 0; i < 50000; ++i) dotted += ".a";
  expect_model_or_places(dotted + " = 1");
  expect_model_or_places("[" + dotted + "]");
  expect_model_or_places("x = [" + std::string(100000, '1') + "]");
}

}  // namespace

}  // namespace weft::mgmt::config
