#include "mgmt/process/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <thread>

#include "mgmt/config/config.h"
#include "mgmt/io/run_until.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* valid = R"(
[gateway]
workers = [0]
[[interface]]
name = "edge"
device = "tap:t0"
addresses = ["10.0.0.254/24"]
)";

class ReloaderTest : public testing::Test {
 protected:
  void SetUp() override {
    write(valid);
    const auto running = config::load_file(file_);
    ASSERT_TRUE(running);
    reloader_.emplace(loop_, file_, *running, [this](Result<Model> read) -> Result<Reloaded> {
      EXPECT_EQ(std::this_thread::get_id(), loop_thread_);
      ++taken_;
      if (!read) return tl::unexpected(read.error());
      return Reloaded{};
    });
  }
  void write(const std::string& text) { std::ofstream(file_) << text; }
  void reload() {
    reloader_->reload([this](const Result<Reloaded>& done) {
      said_.push_back(done ? "taken" : done.error().message);
    });
  }
  bool run_until_said(std::size_t times) {
    return run_until(loop_, [&] { return said_.size() >= times; });
  }

  const std::thread::id loop_thread_ = std::this_thread::get_id();
  TemporaryFolder folder_;
  const std::string file_ = folder_.file("weft.toml");
  EventLoop loop_;
  std::optional<Reloader> reloader_;
  int taken_ = 0;
  std::vector<std::string> said_;
};

TEST_F(ReloaderTest, ReadsBesideTheLoopAndTakesOnIt) {
  reload();
  EXPECT_EQ(taken_, 0);  // not from inside the call
  ASSERT_TRUE(run_until_said(1));
  EXPECT_THAT(said_, ElementsAre("taken"));
}

TEST_F(ReloaderTest, GivesEveryErrorOfTheFile) {
  write(std::string(valid) + "[[listener]]\nname = 1\n");
  reload();
  ASSERT_TRUE(run_until_said(1));
  EXPECT_THAT(said_[0], StartsWith(file_ + ":8:"));
  EXPECT_THAT(said_[0], HasSubstr("missing key \"cluster\""));
}

TEST_F(ReloaderTest, RefusesAChangedRestartKey) {
  write(std::string(valid) + "mtu_bytes = 9000\n");
  reload();
  ASSERT_TRUE(run_until_said(1));
  EXPECT_THAT(said_, ElementsAre(file_ + " cannot change without a restart: "
                                         "interface.edge.mtu_bytes"));
}

// The first reading may have begun before the file was what the others mean.
TEST_F(ReloaderTest, WhoeverAsksMeanwhileSharesOneMoreReading) {
  reload();
  write(std::string(valid) + "mtu_bytes = 9000\n");
  reload();
  reloader_->reload({});
  reload();
  ASSERT_TRUE(run_until_said(3));
  EXPECT_EQ(taken_, 2);
  EXPECT_THAT(said_[1], HasSubstr("interface.edge.mtu_bytes"));
  EXPECT_EQ(said_[2], said_[1]);
}

TEST_F(ReloaderTest, OneWithoutACallerIsTakenAsWell) {
  reloader_->reload({});
  EXPECT_TRUE(run_until(loop_, [&] { return taken_ == 1; }));
}

}  // namespace
}  // namespace weft::mgmt
