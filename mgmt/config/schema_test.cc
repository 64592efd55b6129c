#include "mgmt/config/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

std::string path_of(const Key& key) {
  return key.section.empty() ? std::string(key.name)
                             : std::string(key.section) + "." + std::string(key.name);
}

TEST(Schema, EveryKeyIsDescribedAndStandsOnce) {
  std::set<std::string> seen;
  for (const Key& key : schema()) {
    SCOPED_TRACE(path_of(key));
    EXPECT_TRUE(seen.insert(path_of(key)).second);
    EXPECT_FALSE(key.says.empty());
    EXPECT_EQ(key.says.find('\n'), std::string_view::npos);
    EXPECT_FALSE(key.since.empty());
    EXPECT_FALSE(key.field.type.empty());
    EXPECT_NE(key.field.read, nullptr);
    const auto all = sections();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [&](const Section& section) { return section.path == key.section; }));
  }
}

TEST(Schema, UnitsStandAtTheEndOfNames) {
  for (const Key& key : schema()) {
    if (key.unit.empty()) continue;
    const std::string_view suffix = key.unit == "MiB" ? "mib" : key.unit;
    EXPECT_TRUE(key.name.ends_with(suffix)) << path_of(key);
  }
}

TEST(Schema, RestartKeysCanBeCompared) {
  const std::set<std::string_view> compared = {"gateway", "gateway.flows", "gateway.sync", "admin",
                                               "interface"};
  for (const Key& key : schema()) {
    if (key.applies != Applies::restart || path_of(key) == "interface") continue;
    EXPECT_NE(key.field.same, nullptr) << path_of(key);
    EXPECT_TRUE(compared.contains(key.section)) << path_of(key);
  }
}

// Every default obeys its own key's rules: written out, the file means the same.
TEST(Schema, DefaultsAreTakenWhenWrittenOut) {
  constexpr std::string_view interface = "[[interface]]\nname = \"e\"\ndevice = \"tap:t0\"\n";
  const Loaded without = load(interface, "weft.toml", test_host);
  ASSERT_TRUE(without);
  std::set<std::string_view> incomplete;  // sections that need more than one key
  for (const Key& key : schema()) {
    if (key.fallback.kind == Default::Kind::required) incomplete.insert(key.section);
  }
  for (const Key& key : schema()) {
    if (key.fallback.kind != Default::Kind::value || !key.section.starts_with("gateway")) continue;
    if (incomplete.contains(key.section)) continue;
    const std::string toml = "[" + std::string(key.section) + "]\n" + std::string(key.name) +
                             " = " + std::string(key.fallback.text) + "\n" + std::string(interface);
    const Loaded with = load(toml, "weft.toml", test_host);
    ASSERT_TRUE(with) << to_string(with.error());
    EXPECT_EQ(*with, *without) << path_of(key);
  }
}

std::filesystem::path source_root() {
  const char* root = std::getenv("WEFT_SOURCE_ROOT");
  return root != nullptr ? root : ".";
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Reference, IsTheCommittedPage) {
  EXPECT_EQ(read(source_root() / "docs/reference.md"), print_reference())
      << "weftd --print-reference > docs/reference.md";
}

TEST(Reference, NamesEveryKey) {
  const std::string page = print_reference();
  for (const Key& key : schema()) {
    EXPECT_NE(page.find("\n| `" + std::string(key.name) + "` |"), std::string::npos);
  }
}

// Blocks marked ```toml are whole configurations.
std::size_t check_examples(const std::filesystem::path& page) {
  std::istringstream lines(read(page));
  std::string line;
  std::string example;
  std::size_t examples = 0;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (inside && line.starts_with("```")) {
      const Loaded loaded = load(example, page.filename(), test_host);
      EXPECT_TRUE(loaded) << page << ", the example that ends in line " << number << "\n"
                          << to_string(loaded.error());
      ++examples;
      inside = false;
    } else if (inside) {
      example += line + "\n";
    } else if (line == "```toml") {
      inside = true;
      example.clear();
    }
  }
  EXPECT_FALSE(inside) << page;
  return examples;
}

TEST(Docs, EveryExampleIsTaken) {
  std::size_t examples = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_root() / "docs")) {
    if (entry.path().extension() == ".md") examples += check_examples(entry.path());
  }
  const std::filesystem::path readme = source_root() / "README.md";
  if (std::filesystem::exists(readme)) examples += check_examples(readme);
  EXPECT_GE(examples, 1u);
}

}  // namespace

}  // namespace weft::mgmt::config
