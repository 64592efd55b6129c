#include "dataplane/worker/placement.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weft
