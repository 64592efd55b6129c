#include "dataplane/worker/eal_log.h"

#include <gmock/gmock.h>
#include <rte_log.h>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EalLog, TakesLinesInOrderAndOnce) {
  EalLog log;
  rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "one\ntwo %d\n", 2);
  log.append("thr");
  log.append("ee\nfour");
  EXPECT_THAT(log.take(), ElementsAre("one", "two 2", "three"));
  EXPECT_THAT(log.take(), IsEmpty());
  log.append("\n");
  EXPECT_THAT(log.take(), ElementsAre("four"));
}

TEST(EalLog, KeepsTheNewestLinesAndCountsTheRest) {
  EalLog log;
  for (uint32_t i = 0; i < EalLog::lines_max + 3; ++i) log.append(std::to_string(i) + "\n");
  const auto lines = log.take();
  EXPECT_EQ(lines.size(), EalLog::lines_max);
  EXPECT_EQ(lines.front(), "3");
  EXPECT_EQ(log.lines_lost(), 3u);
}

TEST(EalLog, GivesTheStreamBack) {
  std::FILE* before = rte_log_get_stream();
  { EalLog log; }
  EXPECT_EQ(rte_log_get_stream(), before);
}

}  // namespace
}  // namespace weft
