#include "mgmt/admin/explain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

TEST(ExplainText, WhatIsAskedArrivesAsItWas) {
  const std::vector<std::byte> bytes{std::byte{0x45}, std::byte{0}, std::byte{0xff}};
  for (const bool is_frame : {false, true}) {
    const auto request = explain_request_in(text_of(ExplainRequest{bytes, is_frame, "edge"}));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->bytes, bytes);
    EXPECT_EQ(request->is_frame, is_frame);
    EXPECT_EQ(request->interface, "edge");
  }
}

TEST(ExplainText, NonsenseIsRefused) {
  for (const char* nonsense : {"", "[]", "{}", R"({"packet": ""})", R"({"packet": "4"})",
                               R"({"packet": "4x"})", R"({"frame": "+1"})"}) {
    EXPECT_FALSE(explain_request_in(nonsense)) << nonsense;
  }
}

TEST(ExplainText, AnExplanationIsALineAStage) {
  const Explanation explanation{
      .interface = "edge",
      .stages = {{"parse_headers", "tcp ..."}, {"admit", "dropped: land"}},
      .verdict = "drop",
      .drop = "land",
      .leaves = ""};
  const std::string json = json_of(explanation);
  EXPECT_EQ(json, R"({"interface":"edge","stages":[{"stage":"parse_headers","says":"tcp ..."},)"
                  R"({"stage":"admit","says":"dropped: land"}],"verdict":"drop","drop":"land",)"
                  R"("leaves":""})"
                  "\n");
  EXPECT_EQ(explanation_text(json).value(),
            "receive          on edge\n"
            "parse_headers    tcp ...\n"
            "admit            dropped: land\n");
  EXPECT_FALSE(explanation_text("no JSON"));
}

}  // namespace
}  // namespace weft::mgmt
