#include "mgmt/process/flow_memory.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

Model two_workers() {
  Model model;
  model.gateway.workers = {0, 1};
  model.flows.tunnel4_flows_max = 1u << 20;
  model.flows.tunnel6_flows_max = 1u << 20;
  model.flows.nat4_flows_max = 1u << 20;
  model.flows.nat6_flows_max = 1u << 20;
  model.flows.streams_max = 1u << 20;
  return model;
}

TEST(FlowMemory, IsThatOfWholeBuckets) {
  EXPECT_EQ(flow_memory_mib(two_workers()), 2u * (16 + 64 + 32 + 64 + 68));
}

TEST(FlowMemory, TooLittleIsOneSentenceWithTheSizes) {
  EXPECT_TRUE(check_flow_memory(two_workers(), 488));
  const auto refused = check_flow_memory(two_workers(), 487);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "not enough memory for the flow tables: 2 workers x (16 MiB for 1048576 and 64 MiB for "
            "1048576 tunnel flows of IPv4 and IPv6, 32 MiB for 1048576 and 64 MiB for 1048576 nat "
            "flows, 68 MiB for 1048576 streams) = 488 MiB, but 487 MiB are available; lower "
            "*_flows_max and streams_max in [gateway.flows]");
}

}  // namespace
}  // namespace weft::mgmt
