#include "mgmt/process/work_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <optional>
#include <vector>

namespace weft::mgmt {
namespace {

TEST(WorkThread, TakesWorkWithoutWaitingAndDoesItInOrder) {
  std::latch go(1);
  std::latch done(1);
  std::vector<int> order;
  WorkThread thread("weft-test");
  EXPECT_TRUE(thread.run([&] {
    go.wait();
    order.push_back(1);
  }));
  // The first one still waits for us.
  EXPECT_TRUE(thread.run([&] { order.push_back(2); }));
  EXPECT_TRUE(thread.run([&] { done.count_down(); }));
  go.count_down();
  done.wait();
  EXPECT_THAT(order, testing::ElementsAre(1, 2));
}

TEST(WorkThread, RefusesWhatIsTooMuch) {
  std::latch runs(1);
  std::latch go(1);
  int refused = 0;
  WorkThread thread("weft-test", 2);
  EXPECT_TRUE(thread.run([&] {
    runs.count_down();
    go.wait();
  }));
  runs.wait();  // it does not count among those that wait
  for (int i = 0; i < 5; ++i) refused += thread.run([] {}) ? 0 : 1;
  EXPECT_EQ(refused, 3);
  go.count_down();
}

TEST(WorkThread, AtItsEndDropsWhatWaits) {
  std::latch runs(1);
  std::latch go(1);
  bool ended = false;
  const auto held = std::make_shared<bool>(false);
  std::optional<WorkThread> thread;
  thread.emplace("weft-test");
  thread->run([&] {
    runs.count_down();
    go.wait();
    ended = true;
  });
  thread->run([held] { *held = true; });
  runs.wait();
  std::thread ending([&] { thread.reset(); });
  go.count_down();
  ending.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace weft::mgmt
