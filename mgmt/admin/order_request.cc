#include "mgmt/admin/order_request.h"

#include <boost/json/parse.hpp>
#include <string>

#include "mgmt/admin/status_reader.h"

namespace weft::mgmt {

static constexpr std::size_t name_bytes_max = 64;

// One line of printable text, whatever the client sends.
static std::string by_whom(std::string name, std::optional<uint32_t> user_id) {
  std::erase_if(name, [](char c) { return c <= ' ' || c > '~'; });
  if (name.size() > name_bytes_max) name.resize(name_bytes_max);
  const std::string user = user_id ? "uid " + std::to_string(*user_id) : "unknown user";
  return name.empty() ? user : name + ", " + user;
}

Result<Order> order_in(const HttpRequest& request) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(request.body, error);
  if (error || !value.is_object()) {
    return fail("the request is no JSON object", Fault::operator_input);
  }
  const boost::json::object& body = value.get_object();
  const std::string word = text_in(body, "order");
  const std::optional<OrderKind> kind = parse_order(word);
  if (!kind) {
    return fail("\"" + word + "\" is no order: enable, drain or disable", Fault::operator_input);
  }
  Result<Order> order = order_about(text_in(body, "endpoint"));
  if (!order) return order;
  order->kind = *kind;
  order->by = by_whom(text_in(body, "by"), request.user_id);
  return order;
}

}  // namespace weft::mgmt
