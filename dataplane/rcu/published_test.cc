#include "dataplane/rcu/published.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "dataplane/base/poison.h"

namespace weft {
namespace {

// Tells when and where it is destroyed.
struct Version {
  struct Fate {
    bool destroyed = false;
    std::thread::id where;
  };
  Version(int value, Fate& of) : number(value), fate(of) {}
  ~Version() { fate = {true, std::this_thread::get_id()}; }
  int number;
  Fate& fate;
};

struct PublishedTest : testing::Test {
  void publish(int number) {
    published.publish(std::make_shared<const Version>(number, fates[static_cast<size_t>(number)]));
  }
  bool destroyed(int number) const { return fates[static_cast<size_t>(number)].destroyed; }

  std::vector<Version::Fate> fates = std::vector<Version::Fate>(16);
  Published<Version> published{2};
};

TEST_F(PublishedTest, ReadersSeeNothingThenTheNewest) {
  auto reader = published.reader(0);
  reader.online();
  EXPECT_EQ(reader.read(), nullptr);
  publish(1);
  EXPECT_EQ(reader.read()->number, 1);
  publish(2);
  EXPECT_EQ(reader.read()->number, 2);
  EXPECT_EQ(published.current()->number, 2);
}

TEST_F(PublishedTest, OldVersionWaitsForEveryReader) {
  auto one = published.reader(0);
  auto other = published.reader(1);
  publish(1);
  one.online();
  other.online();
  publish(2);
  EXPECT_EQ(published.reclaim(), 0u);
  one.quiescent();
  EXPECT_EQ(published.reclaim(), 0u);
  EXPECT_EQ(published.waiting(), 1u);
  EXPECT_FALSE(destroyed(1));
  other.quiescent();
  EXPECT_EQ(published.reclaim(), 1u);
  EXPECT_EQ(published.waiting(), 0u);
  EXPECT_TRUE(destroyed(1));
  EXPECT_FALSE(destroyed(2));
}

TEST_F(PublishedTest, AQuiescentReportFromBeforeThePublishDoesNotCount) {
  auto reader = published.reader(0);
  publish(1);
  reader.online();
  reader.quiescent();
  const Version* held = reader.read();
  publish(2);
  EXPECT_EQ(published.reclaim(), 0u);
  EXPECT_FALSE(held->fate.destroyed);
}

// The bug that the grace period exists for: the pointer is kept past the report.
TEST_F(PublishedTest, AReaderThatSkipsTheGraceLooksAtADestroyedVersion) {
  auto reader = published.reader(0);
  publish(1);
  reader.online();
  const Version* held = reader.read();
  ASSERT_EQ(held->number, 1);
  reader.quiescent();
  publish(2);
  reader.quiescent();
  published.reclaim();
  EXPECT_TRUE(destroyed(1)) << "while `held` still points at it";
}

TEST_F(PublishedTest, ReclaimsInOrderWhatHasPassedAndNothingElse) {
  auto reader = published.reader(0);
  publish(1);
  reader.online();
  publish(2);
  reader.quiescent();
  publish(3);
  EXPECT_EQ(published.reclaim(), 1u);
  EXPECT_TRUE(destroyed(1));
  EXPECT_FALSE(destroyed(2));
  reader.quiescent();
  EXPECT_EQ(published.reclaim(), 1u);
  EXPECT_TRUE(destroyed(2));
}

TEST_F(PublishedTest, OfflineReadersHoldNothingUp) {
  auto reader = published.reader(0);
  publish(1);
  publish(2);
  EXPECT_EQ(published.reclaim(), 1u) << "never online";
  reader.online();
  reader.offline();
  publish(3);
  EXPECT_EQ(published.reclaim(), 1u) << "offline again";
  reader.online();
  publish(4);
  EXPECT_EQ(published.reclaim(), 0u) << "online again";
}

TEST_F(PublishedTest, AStoppedReaderHoldsNothingUpAndItsIndexIsFree) {
  publish(1);
  {
    auto reader = published.reader(0);
    reader.online();
    auto moved = std::move(reader);
    publish(2);
    EXPECT_EQ(published.reclaim(), 0u);
  }
  EXPECT_EQ(published.reclaim(), 1u);
  auto again = published.reader(0);
  again.online();
  EXPECT_EQ(again.read()->number, 2);
}

TEST_F(PublishedTest, DestroysOnTheWritersThread) {
  publish(1);
  std::thread worker([&] {
    auto reader = published.reader(0);
    reader.online();
    publish(2);
    reader.quiescent();
    EXPECT_FALSE(destroyed(1));
  });
  worker.join();
  published.reclaim();
  EXPECT_EQ(fates[1].where, std::this_thread::get_id());
}

TEST_F(PublishedTest, AVersionThatTheWriterStillHoldsOutlivesItsGrace) {
  publish(1);
  std::shared_ptr<const Version> kept = published.current();
  publish(2);
  EXPECT_EQ(published.reclaim(), 1u);
  EXPECT_FALSE(destroyed(1));
  kept.reset();
  EXPECT_TRUE(destroyed(1));
}

TEST(Published, DestroysAllVersionsWithItself) {
  std::vector<Version::Fate> fates(2);
  {
    Published<Version> published(1);
    published.publish(std::make_unique<const Version>(0, fates[0]));
    published.publish(std::make_unique<const Version>(1, fates[1]));
  }
  EXPECT_TRUE(fates[0].destroyed);
  EXPECT_TRUE(fates[1].destroyed);
}

using PublishedDeathTest = PublishedTest;

TEST_F(PublishedDeathTest, TwoReadersOfOneIndexAreABug) {
  auto reader = published.reader(1);
  EXPECT_DEATH((void)published.reader(1), "CHECK failed");
  EXPECT_DEATH((void)published.reader(2), "CHECK failed");
}

#ifdef WEFT_ASAN
TEST_F(PublishedDeathTest, AddressSanitizerSeesAReaderThatSkipsTheGrace) {
  auto reader = published.reader(0);
  publish(1);
  reader.online();
  const Version* held = reader.read();
  reader.quiescent();
  publish(2);
  published.reclaim();
  reader.quiescent();
  published.reclaim();
  EXPECT_DEATH(EXPECT_EQ(held->number, 1), "heap-use-after-free");
}
#endif

}  // namespace
}  // namespace weft
