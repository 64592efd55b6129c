#include "dataplane/interface/dpdk_buffers.h"

#include <gmock/gmock.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <vector>

namespace weft {
namespace {

using testing::MatchesRegex;

// AF_XDP gives the kernel the first piece of memory, sized by the number of buffers.
TEST(DpdkBuffers, LieInOnePieceWithoutGaps) {
  constexpr uint32_t count = 3000;
  const auto pool = make_buffers("edge", count, standard_buffer_bytes);
  ASSERT_TRUE(pool.has_value()) << pool.error().message;
  EXPECT_EQ((*pool)->nb_mem_chunks, 1u);
  std::vector<rte_mbuf*> all(count);
  ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool->get(), all.data(), count), 0);
  std::ranges::sort(all);
  const auto stride = static_cast<std::ptrdiff_t>(buffer_memory_bytes(standard_buffer_bytes));
  for (uint32_t i = 1; i < count; ++i) {
    ASSERT_EQ(reinterpret_cast<char*>(all[i]) - reinterpret_cast<char*>(all[i - 1]), stride);
  }
  rte_pktmbuf_free_bulk(all.data(), count);
}

TEST(DpdkBuffers, HaveRoomForTheBytesAskedFor) {
  const auto pool = make_buffers("edge", 100, 9018);
  ASSERT_TRUE(pool.has_value());
  rte_mbuf* buffer = rte_pktmbuf_alloc(pool->get());
  EXPECT_EQ(rte_pktmbuf_tailroom(buffer), 9018);
  EXPECT_EQ(rte_pktmbuf_headroom(buffer), RTE_PKTMBUF_HEADROOM);
  EXPECT_EQ(buffer->buf_iova, rte_mem_virt2iova(buffer->buf_addr));
  rte_pktmbuf_free(buffer);
}

// What one thread frees and another one takes is warm, however large the pool is.
TEST(DpdkBuffers, WhatCameBackLastGoesOutFirst) {
  const auto pool = make_buffers("edge", 3000, standard_buffer_bytes);
  ASSERT_TRUE(pool.has_value()) << pool.error().message;
  std::vector<void*> taken(64);
  std::vector<void*> again(64);
  ASSERT_EQ(rte_mempool_generic_get(pool->get(), taken.data(), 64, nullptr), 0);
  rte_mempool_generic_put(pool->get(), taken.data(), 64, nullptr);
  ASSERT_EQ(rte_mempool_generic_get(pool->get(), again.data(), 64, nullptr), 0);
  rte_mempool_generic_put(pool->get(), again.data(), 64, nullptr);
  EXPECT_THAT(again, testing::UnorderedElementsAreArray(taken));
}

TEST(DpdkBuffers, TwoGatewaysMayHaveInterfacesOfOneName) {
  const auto first = make_buffers("an interface with a long name", 100, 2048);
  const auto second = make_buffers("an interface with a long name", 100, 2048);
  EXPECT_TRUE(first.has_value() && second.has_value());
}

TEST(DpdkBuffers, TooLittleMemoryIsOneSentenceWithTheSizes) {
  const auto refused = make_buffers("edge", 10'000'000, 2048);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              MatchesRegex("no memory for 10000000 packet buffers of 2048 bytes \\([0-9]+ MiB\\); "
                           "raise .gateway. memory_mib or lower mtu_bytes"));
  EXPECT_TRUE(make_buffers("edge", 100, 2048).has_value()) << "nothing of it stays";
}

}  // namespace
}  // namespace weft
