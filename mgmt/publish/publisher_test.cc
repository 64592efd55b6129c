#include "mgmt/publish/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::small_mesh;
using testing::ElementsAre;

std::shared_ptr<const Desired> desired(uint32_t udp_timeout_ms = 4000) {
  Desired result = small_mesh();
  result.flows.udp_timeout_ms = milliseconds(udp_timeout_ms);
  return std::make_shared<const Desired>(std::move(result));
}

struct SynchronousPublisher : testing::Test {
  Published<Snapshot> published{1};
  std::vector<uint64_t> seen;
  Publisher publisher{published, Publisher::Mode::synchronous,
                      [this](uint64_t generation) { seen.push_back(generation); }};
  Published<Snapshot>::Reader reader = published.reader(0);
};

TEST_F(SynchronousPublisher, SubmittingPublishes) {
  reader.online();
  EXPECT_EQ(reader.read(), nullptr);
  publisher.submit(desired(), 1);
  ASSERT_NE(reader.read(), nullptr);
  EXPECT_EQ(reader.read()->generation, 1u);
  EXPECT_EQ(reader.read()->policy->timeouts.udp, milliseconds(4000));
  publisher.submit(desired(), 5);
  EXPECT_EQ(reader.read()->generation, 5u);
  EXPECT_THAT(seen, ElementsAre(1, 5));
  EXPECT_EQ(publisher.status().published_generation, 5u);
  EXPECT_EQ(publisher.status().published, 2u);
}

TEST_F(SynchronousPublisher, AnOldSnapshotIsDestroyedAfterItsGrace) {
  reader.online();
  publisher.submit(desired(), 1);
  const std::weak_ptr<const Snapshot> old = published.current();
  publisher.submit(desired(), 2);
  publisher.poll();
  EXPECT_FALSE(old.expired());
  EXPECT_EQ(publisher.status().versions_waiting, 1u);
  reader.quiescent();
  publisher.poll();
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(publisher.status().versions_waiting, 0u);
}

TEST_F(SynchronousPublisher, APolicyLivesAsLongAsASnapshotThatHasIt) {
  reader.online();
  publisher.submit(desired(1000), 1);
  publisher.submit(desired(1000), 2);
  EXPECT_THAT(publisher.status().policy_generations, ElementsAre(1)) << "shared";
  publisher.submit(desired(2000), 3);
  publisher.submit(desired(3000), 4);
  EXPECT_THAT(publisher.status().policy_generations, ElementsAre(1, 3, 4));
  reader.quiescent();
  publisher.poll();
  EXPECT_THAT(publisher.status().policy_generations, ElementsAre(4));
}

TEST_F(SynchronousPublisher, AReaderThatHangsHoldsPublishingUpAndTheNewestWins) {
  reader.online();
  for (uint64_t generation = 1; generation <= 100; ++generation) {
    publisher.submit(desired(), generation);
  }
  EXPECT_EQ(publisher.status().versions_waiting, versions_waiting_max);
  EXPECT_EQ(reader.read()->generation, versions_waiting_max + 1);
  EXPECT_EQ(publisher.status().passed_over, 100 - versions_waiting_max - 2);
  reader.quiescent();
  publisher.poll();
  EXPECT_EQ(reader.read()->generation, 100u);
}

TEST_F(SynchronousPublisher, GenerationsGrow) {
  publisher.submit(desired(), 3);
  EXPECT_DEATH(publisher.submit(desired(), 3), "CHECK failed");
}

// ---- with its thread

using Clock = std::chrono::steady_clock;

template <class Condition>
bool wait_until(Condition condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(ThreadPublisher, CompilesPublishesAndDestroysOnItsOwnThread) {
  Published<Snapshot> published(1);
  std::promise<std::thread::id> on;
  Publisher publisher(published, Publisher::Mode::thread, [&](uint64_t generation) {
    if (generation == 1) on.set_value(std::this_thread::get_id());
  });
  publisher.submit(desired(1000), 1);
  EXPECT_NE(on.get_future().get(), std::this_thread::get_id());
  auto reader = published.reader(0);
  reader.online();
  publisher.submit(desired(2000), 2);
  ASSERT_TRUE(wait_until([&] { return reader.read()->generation == 2; }));
  EXPECT_TRUE(wait_until([&] { return publisher.status().published_generation == 2; }));
  EXPECT_THAT(publisher.status().policy_generations, ElementsAre(1, 2));
  reader.quiescent();
  EXPECT_TRUE(wait_until([&] { return publisher.status().versions_waiting == 0; }));
  EXPECT_THAT(publisher.status().policy_generations, ElementsAre(2));
}

TEST(ThreadPublisher, WhatComesWhileItCompilesIsPassedOverForTheNewest) {
  Published<Snapshot> published(1);
  std::promise<void> compiled;
  std::promise<void> go_on;
  std::vector<uint64_t> seen;
  std::optional<Publisher> publisher;
  publisher.emplace(published, Publisher::Mode::thread, [&](uint64_t generation) {
    seen.push_back(generation);
    if (generation != 1) return;
    compiled.set_value();
    go_on.get_future().wait();
  });
  publisher->submit(desired(), 1);
  compiled.get_future().wait();
  for (uint64_t generation = 2; generation <= 50; ++generation) {
    publisher->submit(desired(), generation);
  }
  EXPECT_EQ(publisher->status().passed_over, 48u);
  go_on.set_value();
  EXPECT_TRUE(wait_until([&] { return publisher->status().published_generation == 50; }));
  publisher.reset();
  EXPECT_THAT(seen, ElementsAre(1, 50));
}

TEST(ThreadPublisher, StopsWhileAReaderHangs) {
  Published<Snapshot> published(1);
  auto reader = published.reader(0);
  reader.online();
  {
    Publisher publisher(published, Publisher::Mode::thread);
    for (uint64_t generation = 1; generation <= 40; ++generation) {
      publisher.submit(desired(), generation);
    }
  }
  reader.offline();
}

}  // namespace
}  // namespace weft::mgmt
