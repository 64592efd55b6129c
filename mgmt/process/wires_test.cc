#include "mgmt/process/wires.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

Model two_interfaces(uint32_t workers, uint32_t mtu_bytes, uint32_t memory_mib) {
  Model model;
  model.gateway.memory_mib = memory_mib;
  model.gateway.workers.resize(workers);
  for (const char* name : {"edge", "mesh"}) {
    InterfaceSettings interface;
    interface.name = name;
    interface.devices = {std::string("af_xdp:nothing-") + name};
    interface.mtu_bytes = mtu_bytes;
    model.interfaces.push_back(interface);
  }
  return model;
}

uint32_t memory_mib(const Model& model) {
  return packet_memory_mib(*wires_of(model));
}

TEST(Wires, ShareTheMemoryThatIsGiven) {
  const auto wires = wires_of(two_interfaces(2, 1500, 512));
  ASSERT_TRUE(wires);
  EXPECT_EQ((*wires)[0].name, "edge");
  EXPECT_EQ((*wires)[0].memory_mib, 256u);
  EXPECT_EQ((*wires)[1].memory_mib, 256u);
  EXPECT_EQ((*wires)[1].workers, 2u);
}

TEST(Wires, WithoutMemoryGivenTheyTakeWhatTheyNeed) {
  EXPECT_EQ(memory_mib(two_interfaces(2, 1500, 0)), 256u) << "more than they need";
  EXPECT_GT(memory_mib(two_interfaces(2, 9000, 0)), 256u);
  EXPECT_GT(memory_mib(two_interfaces(16, 1500, 0)), 256u);
}

TEST(Wires, AWrongDeviceIsAnError) {
  Model model = two_interfaces(1, 1500, 0);
  model.interfaces[1].devices = {"af_what:eth0"};
  EXPECT_FALSE(wires_of(model));
}

}  // namespace
}  // namespace weft::mgmt
