#include "dataplane/worker/eal_thread.h"

#include <gmock/gmock.h>
#include <pthread.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <sched.h>

#include <atomic>
#include <csignal>
#include <string>

namespace weft {
namespace {

using testing::HasSubstr;

uint32_t first_cpu() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof(set), &set);
  for (uint32_t cpu = 0;; ++cpu) {
    if (CPU_ISSET(cpu, &set)) return cpu;
  }
}

TEST(EalThread, IsNamedPinnedAndTakesNoSignals) {
  std::string name(16, '\0');
  uint32_t cpus = 0;
  bool blocked = false;
  auto thread = EalThread::start("worker-with-a-long-name", first_cpu(), [&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    cpu_set_t set;
    sched_getaffinity(0, sizeof(set), &set);
    cpus = static_cast<uint32_t>(CPU_COUNT(&set));
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
  });
  ASSERT_TRUE(thread.has_value());
  thread->join();
  EXPECT_STREQ(name.c_str(), "worker-with-a-l");
  EXPECT_EQ(cpus, 1u);
  EXPECT_TRUE(blocked);
}

// Without registration every buffer would go through the pool's shared ring.
TEST(EalThread, HasItsOwnBufferCaches) {
  rte_mempool* pool = rte_pktmbuf_pool_create("eal_thread", 2047, 64, 0, 256, 0);
  ASSERT_NE(pool, nullptr);
  std::array<rte_mempool_cache*, 2> caches{};
  std::array<uint32_t, 2> cached{};
  std::atomic<int> arrived{0};
  const auto body = [&](std::size_t i) {
    caches[i] = rte_mempool_default_cache(pool, rte_lcore_id());
    rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
    cached[i] = caches[i] != nullptr ? caches[i]->len : 0;
    // Both live at once, so that they cannot take turns with one lcore id.
    for (arrived.fetch_add(1); arrived.load() < 2;) std::this_thread::yield();
  };
  {
    auto first = EalThread::start("first", first_cpu(), [&] { body(0); });
    auto second = EalThread::start("second", first_cpu(), [&] { body(1); });
    ASSERT_TRUE(first && second);
  }
  EXPECT_NE(caches[0], nullptr);
  EXPECT_NE(caches[0], caches[1]);
  EXPECT_GT(cached[0], 0u);
  EXPECT_GT(cached[1], 0u);
  rte_mempool_free(pool);
}

TEST(EalThread, GivesItsPlaceBack) {
  for (int i = 0; i < 2 * RTE_MAX_LCORE; ++i) {
    ASSERT_TRUE(EalThread::start("short", first_cpu(), [] {}).has_value()) << i;
  }
}

TEST(EalThread, RefusesACpuThatIsNotThere) {
  const auto thread = EalThread::start("worker-0", 1000, [] { FAIL(); });
  ASSERT_FALSE(thread.has_value());
  EXPECT_THAT(thread.error().message, HasSubstr("thread worker-0 cannot run on CPU 1000"));
}

}  // namespace
}  // namespace weft
