#include <fstream>

#include "mgmt/config/bad_input_test.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view rest = R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
[[cluster]]
name = "web"
)";

constexpr BadInput bad_prefix_lists[] = {
    {"neither prefixes nor a file", R"([[prefix_list]]
name = "office"
)",
     R"(weft.toml:1:1: missing key "prefixes" or "file" in [[prefix_list]]
[[prefix_list]]
^
)"},
    {"a relative file", R"([[prefix_list]]
name = "office"
file = "office.txt"
)",
     R"(weft.toml:3:8: file must be an absolute path, not "office.txt"
file = "office.txt"
       ^
)"},
    {"a file that is not there", R"([[prefix_list]]
name = "office"
file = "/nowhere/office.txt"
)",
     R"(weft.toml:3:8: "/nowhere/office.txt" cannot be read: No such file or directory
file = "/nowhere/office.txt"
       ^
)"},
    {"a file that is none", R"([[prefix_list]]
name = "office"
file = "/dev"
)",
     R"(weft.toml:3:8: "/dev" is a directory, not a file
file = "/dev"
       ^
)"},
    {"prefixes that are none", R"([[prefix_list]]
name = "office"
prefixes = ["10.0.0.0/8", "10.0.0.1/8", "::/129", 7]
)",
     R"(weft.toml:3:27: "10.0.0.1/8" has bits set beyond its length: write "10.0.0.0/8"
prefixes = ["10.0.0.0/8", "10.0.0.1/8", "::/129", 7]
                          ^
weft.toml:3:41: "::/129" has no prefix length between 0 and 128 but "129"
prefixes = ["10.0.0.0/8", "10.0.0.1/8", "::/129", 7]
                                        ^
weft.toml:3:51: each of prefixes must be a string, not an integer
prefixes = ["10.0.0.0/8", "10.0.0.1/8", "::/129", 7]
                                                  ^
)"},
    {"the same name twice", R"([[prefix_list]]
name = "office"
prefixes = []
[[prefix_list]]
name = "office"
prefixes = []
)",
     R"(weft.toml:5:8: prefix_list "office" exists already, in line 2
name = "office"
       ^
)"},
    {"limits of nothing",
     R"([[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
new_flows_per_s_max = 0
source_flows_max = -1
)",
     R"(weft.toml:7:23: new_flows_per_s_max must be between 1 and 1000000000, not 0
new_flows_per_s_max = 0
                      ^
weft.toml:8:20: source_flows_max must be between 1 and 1073741824, not -1
source_flows_max = -1
                   ^
)"},
    {"names that no list has", R"([[prefix_list]]
name = "office"
prefixes = []
[[listener]]
name = "web"
address = "203.0.113.10:80"
protocol = "tcp"
forward = "nat"
cluster = "web"
allow = ["office", "offise"]
deny = "scanners"
)",
     R"(weft.toml:10:20: there is no prefix_list "offise", did you mean "office"?
allow = ["office", "offise"]
                   ^
weft.toml:11:8: there is no prefix_list "scanners"
deny = "scanners"
       ^
)"},
};

}  // namespace

TEST(BadPrefixList, IsRefusedWithThisMessage) {
  expect_refused(bad_prefix_lists, rest);
}

TEST(BadPrefixList, OfAFileEachLineIsSaid) {
  const TemporaryFolder folder;
  const std::string file = folder.file("scanners.txt");
  std::ofstream(file) << "10.0.0.0/8\nhost.example\n\n10.0.0.0/40\n";
  const std::string text = "[[prefix_list]]\nname = \"x\"\nfile = \"" + file +
                           "\"\nprefixes = []\n" + std::string(rest) + "nam = 1\n";
  const Loaded loaded = load(text, "weft.toml", test_host);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(to_string(loaded.error()), file + R"(:2:1: "host.example" is no IP address or prefix
host.example
^
)" + file + R"(:4:1: "10.0.0.0/40" has no prefix length between 0 and 32 but "40"
10.0.0.0/40
^
weft.toml:3:8: file and prefixes exclude one another: make two lists of them
file = ")" + file + R"("
       ^
weft.toml:11:1: unknown key "nam" in [[cluster]], did you mean "name"?
nam = 1
^
)");
}

}  // namespace weft::mgmt::config
