// The third of Membership that follows what operators order about endpoints.
#include <fmt/format.h>

#include "mgmt/controller/membership.h"

namespace weft::mgmt {

const Order* Membership::find_order(const std::string& cluster, const EndpointAddress& at) const {
  const auto found = orders_.find({cluster, at});
  return found == orders_.end() ? nullptr : &found->second;
}

TrackedEndpoint* Membership::find_endpoint(const std::string& cluster, const EndpointAddress& at) {
  const auto tracked = clusters_.find(cluster);
  if (tracked == clusters_.end()) return nullptr;
  const auto endpoint = tracked->second.endpoints.find(at);
  return endpoint == tracked->second.endpoints.end() ? nullptr : &endpoint->second;
}

Result<void> Membership::on_order(const Order& order, Instant now) {
  const EndpointAddress at{order.address, order.port};
  const bool ordered = find_order(order.cluster, at) != nullptr;
  TrackedEndpoint* endpoint = find_endpoint(order.cluster, at);
  // An order of an endpoint that has gone can still be taken back.
  if (endpoint == nullptr && !ordered) {
    if (!clusters_.contains(order.cluster)) {
      return fail(fmt::format("there is no cluster \"{}\"", order.cluster), Fault::operator_input);
    }
    return fail(fmt::format("cluster \"{}\" has no endpoint {}", order.cluster, at.to_string()),
                Fault::operator_input);
  }
  const Order* kept = nullptr;
  if (order.kind == OrderKind::enable) {
    if (endpoint != nullptr) endpoint->order = nullptr;
    orders_.erase({order.cluster, at});
  } else {
    if (!ordered && orders_.size() >= orders_max) {
      return fail(
          fmt::format("{} orders are kept, and no more can be: enable some endpoints", orders_max),
          Fault::operator_input);
    }
    kept = &orders_.insert_or_assign({order.cluster, at}, order).first->second;
  }
  log_.push_back({.at = now,
                  .event = "endpoint_order",
                  .cluster = order.cluster,
                  .endpoint = at.to_string(),
                  .to = std::string(order_name(order.kind)),
                  .why = "by " + order.by});
  if (endpoint != nullptr) obey(place(endpoint->id.slot), kept, now);
  return {};
}

std::vector<OrderStatus> Membership::orders() const {
  std::vector<OrderStatus> orders;
  for (const auto& [key, order] : orders_) {
    const auto cluster = clusters_.find(key.first);
    orders.push_back(
        {order, cluster != clusters_.end() && cluster->second.endpoints.contains(key.second)});
  }
  return orders;
}

}  // namespace weft::mgmt
