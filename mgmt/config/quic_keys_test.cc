#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mgmt/config/bad_input_test.h"
#include "tests/hex.h"

namespace weft::mgmt::config {

namespace {

using test::array_of_hex;
using test::bytes_of_hex;

constexpr const char* secret = "8f95f09245765f80256934e50c66207f";

std::string file_with(const std::string& quic) {
  return R"(
[[interface]]
name = "edge"
device = "af_xdp:eth1"
[[cluster]]
name = "quic"
endpoints = [{ address = "10.0.2.1:443", server_id = "C4605e" }, "10.0.2.2:443"]
[[listener]]
name = "quic"
address = "203.0.113.10:443"
protocol = "udp"
forward = "ipip"
cluster = "quic"
quic = )" +
         quic + "\n";
}

// A file that is there for as long as this is.
class KeyFile {
 public:
  explicit KeyFile(std::string_view text) {
    std::string pattern = std::filesystem::temp_directory_path() / "weft-key-XXXXXX";
    const int fd = mkstemp(pattern.data());
    close(fd);
    path_ = pattern;
    std::ofstream(path_) << text;
  }
  ~KeyFile() { std::filesystem::remove(path_); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(QuicKeys, ConfigurationsAndServerIds) {
  const std::string text = file_with(
      "[{ rotation = 0, server_id_bytes = 3, nonce_bytes = 4 }, "
      "{ rotation = 6, server_id_bytes = 3, nonce_bytes = 13, key = \"" +
      std::string(secret) + "\" }]");
  const Loaded loaded = load(text, "weft.toml", test_host);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(
      loaded->listeners[0].quic,
      (std::vector<QuicLbSettings>{{0, 3, 4, std::nullopt}, {6, 3, 13, array_of_hex<16>(secret)}}));
  const auto& endpoints = loaded->clusters[0].endpoints;
  EXPECT_EQ(endpoints[0].server_id, QuicServerId(bytes_of_hex("c4605e")));
  EXPECT_EQ(endpoints[1].server_id.length(), 0u);
}

TEST(QuicKeys, TheKeyMayBeInAFileOfItsOwn) {
  const KeyFile file(std::string(secret) + "\n");
  const Loaded loaded =
      load(file_with("[{ rotation = 0, server_id_bytes = 3, nonce_bytes = 4, key_file = \"" +
                     file.path() + "\" }]"),
           "weft.toml", test_host);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->listeners[0].quic[0].key, array_of_hex<16>(secret));
}

TEST(QuicKeys, AFileThatHoldsNoKeyIsNotShown) {
  const KeyFile file(std::string(secret) + "00\n");
  const Loaded loaded =
      load(file_with("[{ rotation = 0, server_id_bytes = 3, nonce_bytes = 4, key_file = \"" +
                     file.path() + "\" }]"),
           "weft.toml", test_host);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error()[0].message,
            "\"" + file.path() + "\" must hold 32 hexadecimal digits only");
  EXPECT_EQ(to_string(loaded.error()).find(secret), std::string::npos);
}

TEST(QuicKeys, ASecretIsNotShownWithAnErrorBesideIt) {
  const Loaded loaded = load(file_with("[{ key = \"" + std::string(secret) +
                                       "\", server_id_bytes = 3, nonce_bytes = 99 }]"),
                             "weft.toml", test_host);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(to_string(loaded.error()).find("8f95"), std::string::npos);
}

}  // namespace

}  // namespace weft::mgmt::config
