#include "mgmt/model/order.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weft::mgmt {

static constexpr std::array kinds = {OrderKind::enable, OrderKind::drain, OrderKind::disable};

std::string_view order_name(OrderKind kind) {
  switch (kind) {
    case OrderKind::enable:
      return "enable";
    case OrderKind::drain:
      return "drain";
    case OrderKind::disable:
      return "disable";
  }
  return {};
}

std::optional<OrderKind> parse_order(std::string_view word) {
  const auto* kind = std::ranges::find(kinds, word, order_name);
  return kind == kinds.end() ? std::nullopt : std::optional(*kind);
}

static std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || after != end || port == 0) return std::nullopt;
  return port;
}

Result<Order> order_about(std::string_view endpoint) {
  const auto wrong = [&] {
    return fail("\"" + std::string(endpoint) +
                    "\" is not CLUSTER/ADDRESS:PORT, as in \"web/10.0.0.1:80\" or "
                    "\"web/[fd00::1]:80\"",
                Fault::operator_input);
  };
  const std::size_t slash = endpoint.find('/');
  const std::size_t colon = endpoint.rfind(':');
  if (slash == std::string_view::npos || slash == 0) return wrong();
  if (colon == std::string_view::npos || colon < slash) return wrong();
  std::string_view host = endpoint.substr(slash + 1, colon - slash - 1);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_port(endpoint.substr(colon + 1));
  if (!address || !port || address->is_v4() == brackets) return wrong();
  return Order{.cluster = std::string(endpoint.substr(0, slash)),
               .address = *address,
               .port = *port,
               .by = {}};
}

std::string endpoint_text(const Order& order) {
  return order.cluster + "/" + order.address.to_string(order.port);
}

}  // namespace weft::mgmt
