#include "mgmt/kernel/twin_sysctl.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace weft::mgmt {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TwinSysctl : public testing::Test {
 protected:
  TwinSysctl() {
    std::string pattern = testing::TempDir() + "twin_sysctl_XXXXXX";
    root_ = std::string(mkdtemp(pattern.data())) + "/";
  }
  ~TwinSysctl() override { fs::remove_all(root_); }

  std::string folder(const std::string& family) const {
    return root_ + "proc/sys/net/" + family + "/conf/weft-edge/";
  }
  std::string value(const std::string& family, const std::string& key) const {
    std::string text;
    std::ifstream(folder(family) + key) >> text;
    return text;
  }
  std::string root_;
};

TEST_F(TwinSysctl, AreSetForBothFamilies) {
  fs::create_directories(folder("ipv4"));
  fs::create_directories(folder("ipv6"));
  ASSERT_TRUE(set_twin_sysctls("weft-edge", root_).has_value());
  EXPECT_EQ(value("ipv4", "arp_ignore"), "1");
  EXPECT_EQ(value("ipv4", "rp_filter"), "2");
  EXPECT_EQ(value("ipv6", "accept_dad"), "0");
}

TEST_F(TwinSysctl, DoWithoutIpv6) {
  fs::create_directories(folder("ipv4"));
  EXPECT_TRUE(set_twin_sysctls("weft-edge", root_).has_value());
}

TEST_F(TwinSysctl, NameWhatIsRefusedAndSetTheRest) {
  fs::create_directories(folder("ipv4") + "arp_announce");  // a directory cannot be written
  const auto refused = set_twin_sysctls("weft-edge", root_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("/arp_announce to 2: Is a directory"));
  EXPECT_EQ(value("ipv4", "rp_filter"), "2");
}

}  // namespace
}  // namespace weft::mgmt
