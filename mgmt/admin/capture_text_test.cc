#include "mgmt/admin/capture_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

TEST(CaptureText, WhatIsAskedArrivesAsItWas) {
  const CaptureRequest request{.filter = "tcp port 80 or \"x\"",
                               .program = {{40, 0, 1, 12}, {6, 255, 255, UINT32_MAX}},
                               .drops_only = true,
                               .snap_bytes = 96,
                               .packets_max = uint64_t{1} << 40,
                               .duration_s = 7};
  EXPECT_EQ(capture_request_in(text_of(request)).value(), request);
  EXPECT_EQ(capture_request_in("{}").value(), CaptureRequest{});
}

TEST(CaptureText, NonsenseIsRefusedInASentence) {
  for (const char* nonsense :
       {"", "[]", "{", R"({"snap_bytes": 0})", R"({"snap_bytes": -1})",
        R"({"packets_max": "many"})", R"({"duration_s": 1e30})", R"({"program": 5})",
        R"({"program": [[1, 2, 3]]})", R"({"program": [[70000, 0, 0, 0]]})",
        R"({"program": [[6, 0, 0, "x"]]})"}) {
    const auto refused = capture_request_in(nonsense);
    ASSERT_FALSE(refused) << nonsense;
    EXPECT_THAT(refused.error().message, testing::StartsWith("the request to capture "));
  }
}

}  // namespace
}  // namespace weft::mgmt
