#include "mgmt/io/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <set>
#include <thread>

#include "mgmt/io/run_until.h"

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Look-ups that end when the test lets them. Shared with the resolver's threads.
struct SlowLookUps {
  std::atomic<int> running = 0;
  std::atomic<int> running_most = 0;
  std::atomic<int> total = 0;
  std::counting_semaphore<> may_end{0};

  Addresses look_up(const std::string& name) {
    const int now_running = ++running;
    int most = running_most;
    while (most < now_running && !running_most.compare_exchange_weak(most, now_running)) {
    }
    may_end.acquire();
    --running;
    ++total;
    if (name == "missing") return fail("no such name", Fault::operator_input);
    return std::vector{*IpAddress::parse("10.0.0.1")};
  }
};

TEST(Resolver, LooksUpWithTheSystemsResolver) {
  EventLoop loop;
  Resolver resolver(loop);
  std::optional<Addresses> local;
  std::optional<Addresses> literal;
  resolver.resolve("localhost", [&](const Addresses& answer) { local = answer; });
  resolver.resolve("10.1.2.3", [&](const Addresses& answer) { literal = answer; });
  EXPECT_FALSE(local || literal);
  ASSERT_TRUE(run_until(loop, [&] { return local && literal; }));
  ASSERT_TRUE(*local) << local->error().message;
  EXPECT_THAT(**local, testing::Contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_THAT(**literal, ElementsAre(*IpAddress::parse("10.1.2.3")));
}

TEST(Resolver, ANameThatCannotBeIsNoSuchName) {
  const Addresses answer = look_up("no_such_name.of.this.host..");
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().retry) << answer.error().message;
  EXPECT_THAT(answer.error().message, HasSubstr("does not exist"));
}

TEST(Resolver, LookUpsNeverBlockTheLoopAndAreBounded) {
  EventLoop loop;
  const auto slow = std::make_shared<SlowLookUps>();
  Resolver resolver(loop, 3, [slow](const std::string& name) { return slow->look_up(name); });
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    resolver.resolve("name" + std::to_string(i), [&](const Addresses&) { ++answers; });
  }
  // The loop runs its timers while the look-ups hang.
  ASSERT_TRUE(run_until(loop, [&] { return slow->running == 3; }));
  EXPECT_EQ(answers, 0);
  slow->may_end.release(10);
  ASSERT_TRUE(run_until(loop, [&] { return answers == 10; }));
  EXPECT_EQ(slow->running_most, 3);
}

TEST(Resolver, TheSameNameIsLookedUpOnceForAllThatWait) {
  EventLoop loop;
  const auto slow = std::make_shared<SlowLookUps>();
  Resolver resolver(loop, 2, [slow](const std::string& name) { return slow->look_up(name); });
  int answers = 0;
  for (int i = 0; i < 5; ++i) {
    resolver.resolve("missing", [&](const Addresses& answer) {
      EXPECT_FALSE(answer);
      ++answers;
    });
  }
  slow->may_end.release(5);
  ASSERT_TRUE(run_until(loop, [&] { return answers == 5; }));
  EXPECT_EQ(slow->total, 1);
  resolver.resolve("missing", [&](const Addresses&) { ++answers; });
  ASSERT_TRUE(run_until(loop, [&] { return answers == 6; }));
  EXPECT_EQ(slow->total, 2);
}

TEST(Resolver, EndsWithoutWaitingForALookUpAndCallsNobodyAfterwards) {
  EventLoop loop;
  const auto slow = std::make_shared<SlowLookUps>();
  {
    Resolver resolver(loop, 1, [slow](const std::string& name) { return slow->look_up(name); });
    resolver.resolve("name", [](const Addresses&) { FAIL() << "called after the end"; });
    ASSERT_TRUE(run_until(loop, [&] { return slow->running == 1; }));
  }
  slow->may_end.release();
  ASSERT_TRUE(run_until(loop, [&] { return slow->total == 1; }));
}

}  // namespace
}  // namespace weft::mgmt
