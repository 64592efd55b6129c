#include "mgmt/io/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>
#include <vector>

#include "mgmt/io/run_until.h"

namespace weft::mgmt {
namespace {

TEST(EventLoop, RunsPostsFromAnotherThreadInOrder) {
  EventLoop loop;
  std::vector<int> order;
  std::thread::id ran_on;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([&] {
      ran_on = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(EventLoop, StopBeforeRunEndsRunAtOnceAndRunWorksAgain) {
  EventLoop loop;
  loop.stop();
  loop.run();
  bool ran = false;
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(EventLoop, TimersFireInTheOrderOfTheirMomentsAndNeverEarly) {
  EventLoop loop;
  const Instant start = loop.now();
  std::vector<int> order;
  Timer late(loop, [&] {
    order.push_back(2);
    EXPECT_GE(loop.now() - start, milliseconds(20));
    loop.stop();
  });
  Timer soon(loop, [&] { order.push_back(1); });
  Timer past(loop, [&] { order.push_back(0); });
  late.expire_at(start + milliseconds(20));
  soon.expire_after(milliseconds(5));
  past.expire_at(start - seconds(1));
  EXPECT_TRUE(order.empty());
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(EventLoop, ATimerSetAgainFiresOnceAndCancelledNever) {
  EventLoop loop;
  int fired = 0;
  int cancelled_fired = 0;
  Timer timer(loop, [&] { ++fired; });
  Timer cancelled(loop, [&] { ++cancelled_fired; });
  // Both expiries are queued behind this callback, which takes them back.
  timer.expire_at(loop.now());
  cancelled.expire_at(loop.now());
  loop.post([&] {
    const Instant until = loop.now() + milliseconds(2);
    while (loop.now() < until) {
    }
    cancelled.cancel();
    timer.expire_after(milliseconds(3));
  });
  Timer end(loop, [&] { loop.stop(); });
  end.expire_after(milliseconds(30));
  loop.run();
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(cancelled_fired, 0);
}

TEST(EventLoop, ATimerMayDestroyItselfAndADestroyedOneIsSilent) {
  EventLoop loop;
  bool fired = false;
  std::optional<Timer> own;
  own.emplace(loop, [&] {
    own.reset();
    fired = true;
    loop.stop();
  });
  own->expire_after(milliseconds(1));
  Timer(loop, [] { FAIL() << "destroyed timers do not fire"; }).expire_after(milliseconds(0));
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(EventLoop, SignalsReachEveryLoopThatAsked) {
  EventLoop first;
  EventLoop second;
  int first_seen = 0;
  int second_seen = 0;
  first.on_signal(SIGHUP, [&] { ++first_seen; });
  second.on_signal(SIGHUP, [&] { ++second_seen; });
  ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  EXPECT_TRUE(run_until(first, [&] { return first_seen == 1; }));
  EXPECT_TRUE(run_until(second, [&] { return second_seen == 1; }));
  ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  EXPECT_TRUE(run_until(first, [&] { return first_seen == 2; }));
}

class EventLoopDescriptor : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  void write_one() { ASSERT_EQ(write(ends_[1], "x", 1), 1); }
  bool read_one() {
    char byte;
    return read(ends_[0], &byte, 1) == 1;
  }

  int ends_[2];
  EventLoop loop_;
};

TEST_F(EventLoopDescriptor, IsCalledAgainWhileBytesAreLeft) {
  int calls = 0;
  write_one();
  write_one();
  write_one();
  ReadableWatch watch(loop_, ends_[0], [&] {
    ++calls;
    EXPECT_TRUE(read_one());  // one of several: the next call comes by itself
  });
  EXPECT_TRUE(run_until(loop_, [&] { return calls == 3; }));
  write_one();
  EXPECT_TRUE(run_until(loop_, [&] { return calls == 4; }));
}

TEST_F(EventLoopDescriptor, StaysOpenAfterTheWatchWhichIsSilentThen) {
  std::optional<ReadableWatch> watch;
  int calls = 0;
  watch.emplace(loop_, ends_[0], [&] {
    ++calls;
    watch.reset();
  });
  write_one();
  EXPECT_TRUE(run_until(loop_, [&] { return calls == 1; }));
  write_one();
  bool later = false;
  Timer timer(loop_, [&] { later = true; });
  timer.expire_after(milliseconds(20));
  EXPECT_TRUE(run_until(loop_, [&] { return later; }));
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(read_one());
  EXPECT_TRUE(read_one());
}

TEST(EventLoop, LagShowsACallbackThatBlocked) {
  EventLoop loop;
  EXPECT_TRUE(run_until(loop, [] { return true; }));
  const Instant until = loop.now() + milliseconds(60);
  loop.post([&] {
    while (loop.now() < until) {
    }
  });
  EXPECT_TRUE(run_until(loop, [&] { return loop.lag_max() >= milliseconds(40); }));
}

}  // namespace
}  // namespace weft::mgmt
