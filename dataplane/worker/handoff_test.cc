#include "dataplane/worker/handoff.h"

#include <gtest/gtest.h>

#include "dataplane/interface/guarded_pool.h"
#include "tests/scripted_pipeline.h"

namespace weft {
namespace {

class HandOffTest : public testing::Test {
 protected:
  HandOff packet(uint16_t interface) {
    return {new_frame(pool_.mempool(), test::script('t', 0)), interface, Purpose::process};
  }
  GuardedPool pool_{63};
};

TEST_F(HandOffTest, EachPairHasARingOfItsOwnInOrder) {
  HandOffRings rings(3);
  const HandOff first = packet(1), second = packet(2), other = packet(3);
  EXPECT_EQ(rings.ring(0, 1).push({&first, 1}), 1u);
  EXPECT_EQ(rings.ring(0, 1).push({&second, 1}), 1u);
  EXPECT_EQ(rings.ring(2, 1).push({&other, 1}), 1u);
  EXPECT_EQ(rings.packets(), 3u);

  std::array<HandOff, 8> taken;
  EXPECT_EQ(rings.ring(1, 0).pop(taken), 0u);
  ASSERT_EQ(rings.ring(0, 1).pop(taken), 2u);
  EXPECT_EQ(taken[0].packet.buffer(), first.packet.buffer());
  EXPECT_EQ(taken[1].interface, 2);
  for (int i : {0, 1}) rte_pktmbuf_free(taken[i].packet.buffer());
}

TEST_F(HandOffTest, RingsAreBoundedAndFreeWhatIsLeft) {
  {
    HandOffRings rings(2, 5);
    std::array<HandOff, 7> packets;
    for (HandOff& p : packets) p = packet(0);
    EXPECT_EQ(rings.ring(0, 1).push(packets), 5u);
    for (int i : {5, 6}) rte_pktmbuf_free(packets[i].packet.buffer());
  }
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
}

}  // namespace
}  // namespace weft
