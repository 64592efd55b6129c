#include "mgmt/process/state_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weft::mgmt {
namespace {

class StateDir : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weft-state-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(StateDir, ASeedIsDrawnOnceAndKept) {
  const auto first = kept_hash_seed((folder_ / "deeper" / "still").string(), "gw");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(kept_hash_seed((folder_ / "deeper" / "still").string(), "gw").value(), *first);
  EXPECT_NE(kept_hash_seed((folder_ / "deeper" / "still").string(), "other").value(), *first);
}

TEST_F(StateDir, AFileThatHoldsNoSeedIsReplaced) {
  std::ofstream(folder_ / "gw.hash_seed") << "half a se";
  const auto seed = kept_hash_seed(folder_.string(), "gw");
  ASSERT_TRUE(seed);
  EXPECT_EQ(kept_hash_seed(folder_.string(), "gw").value(), *seed);
}

TEST_F(StateDir, AFolderThatCannotBeIsOneSentence) {
  std::ofstream(folder_ / "file") << "x";
  const auto seed = kept_hash_seed((folder_ / "file").string(), "gw");
  ASSERT_FALSE(seed);
  EXPECT_NE(seed.error().message.find("file"), std::string::npos);
}

Order order(OrderKind kind, std::string_view endpoint, std::string by, int64_t at) {
  Order order = order_about(endpoint).value();
  order.kind = kind;
  order.by = std::move(by);
  order.at = std::chrono::sys_seconds(std::chrono::seconds(at));
  return order;
}

TEST_F(StateDir, OrdersComeBackAsTheyWereKept) {
  EXPECT_TRUE(kept_orders(folder_.string(), "gw").value().empty());
  const std::vector<Order> orders = {
      order(OrderKind::drain, "web/10.0.0.1:80", "alice, uid 0", 1'767'323'045),
      order(OrderKind::disable, "cart.v2/[fd00::1]:8080", "uid 1000", 1'767'323'046)};
  ASSERT_TRUE(keep_orders((folder_ / "deeper").string(), "gw", orders));
  EXPECT_EQ(kept_orders((folder_ / "deeper").string(), "gw").value(), orders);
  EXPECT_TRUE(kept_orders((folder_ / "deeper").string(), "other").value().empty());
  ASSERT_TRUE(keep_orders((folder_ / "deeper").string(), "gw", {}));
  EXPECT_TRUE(kept_orders((folder_ / "deeper").string(), "gw").value().empty());
}

TEST_F(StateDir, OrdersThatCannotBeReadAreAnErrorWithTheLine) {
  for (const char* broken :
       {"drain 1 web/10.0.0.1:80", "enable 1 web/10.0.0.1:80 alice", "stop 1 web/10.0.0.1:80 alice",
        "drain x web/10.0.0.1:80 alice", "drain 1 web alice", ""}) {
    std::ofstream(folder_ / "gw.orders") << "drain 1 web/10.0.0.1:80 alice\n" << broken << "\n";
    const auto orders = kept_orders(folder_.string(), "gw");
    ASSERT_FALSE(orders) << broken;
    EXPECT_NE(orders.error().message.find("gw.orders:2:"), std::string::npos) << broken;
  }
}

TEST_F(StateDir, OrdersThatCannotBeKeptAreOneSentence) {
  std::ofstream(folder_ / "file") << "x";
  EXPECT_FALSE(keep_orders((folder_ / "file").string(), "gw", {}));
}

TEST_F(StateDir, BlackholesComeBackAsTheyWereKept) {
  EXPECT_TRUE(kept_blackholes(folder_.string(), "gw").value().empty());
  const std::vector<IpPrefix> prefixes = {*IpPrefix::parse("198.51.100.0/24"),
                                          *IpPrefix::parse("2001:db8::7/128")};
  ASSERT_TRUE(keep_blackholes((folder_ / "deeper").string(), "gw", prefixes));
  EXPECT_EQ(kept_blackholes((folder_ / "deeper").string(), "gw").value(), prefixes);
  ASSERT_TRUE(keep_blackholes((folder_ / "deeper").string(), "gw", {}));
  EXPECT_TRUE(kept_blackholes((folder_ / "deeper").string(), "gw").value().empty());
}

TEST_F(StateDir, BlackholesThatCannotBeReadAreAnErrorWithTheLine) {
  std::ofstream(folder_ / "gw.blackholes") << "198.51.100.0/24\n198.51.100.0/33\n";
  const auto prefixes = kept_blackholes(folder_.string(), "gw");
  ASSERT_FALSE(prefixes);
  EXPECT_NE(prefixes.error().message.find("gw.blackholes:2: \"198.51.100.0/33\""),
            std::string::npos);
}

}  // namespace
}  // namespace weft::mgmt
