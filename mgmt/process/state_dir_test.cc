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

}  // namespace
}  // namespace weft::mgmt
