#include "mgmt/capture/compile_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

TEST(CompileFilter, APacketFilterTakesWhatItMakes) {
  for (const char* filter : {"", "tcp port 80", "host 192.0.2.1 and not arp", "ip6 or vlan 120"}) {
    const auto program = compile_filter(filter);
    ASSERT_TRUE(program) << filter;
    EXPECT_EQ(program->empty(), std::string_view(filter).empty());
    EXPECT_TRUE(PacketFilter::of(*program)) << filter;
  }
}

TEST(CompileFilter, WhatIsNotUnderstoodIsSaid) {
  const auto refused = compile_filter("tcp prt 80");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the filter \"tcp prt 80\" is not understood: can't parse filter expression: syntax "
            "error");
}

}  // namespace
}  // namespace weft::mgmt
