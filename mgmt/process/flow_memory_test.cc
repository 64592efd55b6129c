#include "mgmt/process/flow_memory.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

Model two_workers() {
  Model model;
  model.gateway.workers = {0, 1};
  model.flows.tunnel_flows_max = 1u << 20;
  model.flows.nat_flows_max = 1u << 20;
  return model;
}

TEST(FlowMemory, IsSixteenBytesATunnelFlowAndThirtyTwoANatFlow) {
  EXPECT_EQ(flow_memory_mib(two_workers()), 2u * (16 + 32));
}

TEST(FlowMemory, TooLittleIsOneSentenceWithTheSizes) {
  EXPECT_TRUE(check_flow_memory(two_workers(), 96));
  const auto refused = check_flow_memory(two_workers(), 95);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "not enough memory for the flow tables: 2 workers x (16 MiB for 1048576 tunnel flows + "
            "32 MiB for 1048576 nat flows) = 96 MiB, but 95 MiB are available; lower "
            "gateway.flows.tunnel_flows_max or nat_flows_max");
}

}  // namespace
}  // namespace weft::mgmt
