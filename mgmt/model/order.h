// What an operator orders about an endpoint, whatever its health: kept over reloads and restarts
// until it is taken back. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

enum class OrderKind : uint8_t {
  enable,   // takes an earlier order back; never kept
  drain,    // keeps its flows, takes no new ones
  disable,  // as down
};

struct Order {
  OrderKind kind = OrderKind::enable;
  std::string cluster;
  IpAddress address;
  uint16_t port = 0;
  std::string by;  // "alice, uid 0"
  std::chrono::sys_seconds at{};
  bool operator==(const Order&) const = default;
};

// The enumerator's own word, and back.
std::string_view order_name(OrderKind kind);
std::optional<OrderKind> parse_order(std::string_view word);

// "web/10.0.0.1:80", "web/[fd00::1]:80": an Order of that endpoint, without the rest. An Error is
// one sentence for the operator.
Result<Order> order_about(std::string_view endpoint);
std::string endpoint_text(const Order& order);

}  // namespace weft::mgmt
