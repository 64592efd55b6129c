#include "dataplane/worker/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

namespace weft {
namespace {

TEST(Placement, EveryQueueHasOneOwnerAndEveryWorkerAWayOut) {
  for (uint32_t workers = 1; workers <= 9; ++workers) {
    for (uint32_t queues = 1; queues <= 9; ++queues) {
      std::multiset<uint32_t> owned;
      for (uint32_t worker = 0; worker < workers; ++worker) {
        const QueueShare share = queue_share(worker, workers, queues);
        owned.insert(share.receives.begin(), share.receives.end());
        const QueueShare of_transmitter = queue_share(share.transmitter, workers, queues);
        EXPECT_EQ(std::count(of_transmitter.receives.begin(), of_transmitter.receives.end(),
                             share.transmit_queue),
                  1);
        EXPECT_EQ(share.transmitter == worker, !share.receives.empty());
      }
      EXPECT_EQ(owned.size(), queues);
      for (uint32_t queue = 0; queue < queues; ++queue) EXPECT_EQ(owned.count(queue), 1u);
    }
  }
}

TEST(Placement, WorkersWithoutAQueueSpreadOverThoseThatHaveOne) {
  EXPECT_EQ(queue_share(2, 4, 2).transmitter, 0);
  EXPECT_EQ(queue_share(3, 4, 2).transmitter, 1);
}

TEST(Placement, MoreQueuesThanWorkersAreShared) {
  EXPECT_EQ(queue_share(1, 2, 5).receives, (std::vector<uint16_t>{1, 3}));
  EXPECT_EQ(queue_share(0, 2, 5).receives, (std::vector<uint16_t>{0, 2, 4}));
}

TEST(Placement, WorkersThatReceiveAlikeOwnAlike) {
  for (uint32_t workers = 1; workers <= 9; ++workers) {
    const std::array<uint32_t, 2> queues{workers, 2 * workers};
    const auto weights = worker_weights(workers, queues);
    EXPECT_EQ(weights, std::vector<uint16_t>(workers, weights[0])) << workers;
    EXPECT_GT(weights[0], 0u);
  }
}

TEST(Placement, WhoReceivesForOthersOwnsLess) {
  using Weights = std::vector<uint16_t>;
  EXPECT_EQ(worker_weights(2, std::array{1u}), (Weights{512, 1536})) << "a quarter";
  EXPECT_EQ(worker_weights(2, std::array{1u, 2u}), (Weights{768, 1280}));
  EXPECT_EQ(worker_weights(4, std::array{2u}), (Weights{512, 512, 1536, 1536}));
  EXPECT_EQ(worker_weights(4, std::array{1u, 1u}), (Weights{0, 1536, 1536, 1536}))
      << "it has enough to do with receiving";
}

TEST(Placement, SomeWorkerOwnsFlows) {
  for (uint32_t workers = 1; workers <= 64; ++workers) {
    for (uint32_t queues = 1; queues <= 64; ++queues) {
      const auto weights = worker_weights(workers, std::array{queues});
      EXPECT_GT(std::ranges::count_if(weights, [](uint16_t weight) { return weight > 0; }), 0)
          << workers << " " << queues;
    }
  }
}

}  // namespace
}  // namespace weft
