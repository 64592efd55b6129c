#include "mgmt/admin/order_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using testing::HasSubstr;

std::string by(const std::string& name, std::optional<uint32_t> user_id) {
  const auto order =
      order_in({.body = R"({"order":"drain","endpoint":"web/10.0.0.1:80","by":")" + name + "\"}",
                .user_id = user_id});
  return order ? order->by : order.error().message;
}

TEST(OrderRequest, NamesKindEndpointAndWho) {
  const auto order = order_in(
      {.body = R"({"order":"disable","endpoint":"web/[fd00::1]:80","by":"alice"})", .user_id = 7});
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->kind, OrderKind::disable);
  EXPECT_EQ(order->cluster, "web");
  EXPECT_EQ(endpoint_text(*order), "web/[fd00::1]:80");
  EXPECT_EQ(order->by, "alice, uid 7");
}

TEST(OrderRequest, WhoIsOneLineWhateverTheClientSays) {
  EXPECT_EQ(by("", 0), "uid 0");
  EXPECT_EQ(by("", std::nullopt), "unknown user");
  EXPECT_EQ(by("al\\nice eve", 1), "aliceeve, uid 1");
  EXPECT_EQ(by(std::string(1000, 'a'), 1), std::string(64, 'a') + ", uid 1");
}

std::string refusal(const std::string& body) {
  const auto order = order_in({.body = body});
  return order ? "" : order.error().message;
}

TEST(OrderRequest, WhatIsNoOrderIsSaid) {
  for (const char* body : {"", "drain", "[]", "{\"order\""}) {
    EXPECT_EQ(refusal(body), "the request is no JSON object") << body;
  }
  EXPECT_EQ(refusal("{}"), "\"\" is no order: enable, drain or disable");
  EXPECT_EQ(refusal(R"({"order": "stop"})"), "\"stop\" is no order: enable, drain or disable");
  for (const char* endpoint :
       {"", "web", "/10.0.0.1:80", "web/10.0.0.1", "web/10.0.0.1:0", "web/10.0.0.1:65536",
        "web/10.0.0.1:8x", "web/host:80", "web/fd00::1:80", "web/[10.0.0.1]:80", "web:80"}) {
    EXPECT_THAT(refusal(std::string(R"({"order":"drain","endpoint":")") + endpoint + "\"}"),
                HasSubstr("is not CLUSTER/ADDRESS:PORT"))
        << endpoint;
  }
}

}  // namespace
}  // namespace weft::mgmt
