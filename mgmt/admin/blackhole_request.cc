#include "mgmt/admin/blackhole_request.h"

#include <boost/json/parse.hpp>
#include <string>
#include <string_view>

namespace weft::mgmt {
namespace {

Result<IpPrefix> prefix_of(std::string_view text) {
  const auto prefix = IpPrefix::parse(text);
  const std::string quoted = "\"" + std::string(text) + "\"";
  if (!prefix) return fail(quoted + " is no IP address or prefix", Fault::operator_input);
  if (prefix->address() != IpAddress::parse(text.substr(0, text.find('/')))) {
    return fail(quoted + " has bits set beyond its length: write \"" + prefix->to_string() + "\"",
                Fault::operator_input);
  }
  return *prefix;
}

Result<void> read_prefixes(const boost::json::object& body, std::string_view key,
                           std::vector<IpPrefix>& out) {
  const boost::json::value* list = body.if_contains(key);
  if (list == nullptr) return {};
  const auto wrong = [key] {
    return fail("\"" + std::string(key) + "\" is no list of prefixes", Fault::operator_input);
  };
  if (!list->is_array()) return wrong();
  for (const boost::json::value& item : list->get_array()) {
    if (!item.is_string()) return wrong();
    const boost::json::string& text = item.get_string();
    const Result<IpPrefix> prefix = prefix_of({text.data(), text.size()});
    if (!prefix) return tl::unexpected(prefix.error());
    out.push_back(*prefix);
  }
  return {};
}

}  // namespace

Result<BlackholeChange> blackhole_change_in(const HttpRequest& request) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(request.body, error);
  if (error || !value.is_object()) {
    return fail("the request is no JSON object", Fault::operator_input);
  }
  BlackholeChange change;
  Result<void> read = read_prefixes(value.get_object(), "add", change.add);
  if (read) read = read_prefixes(value.get_object(), "remove", change.remove);
  if (!read) return tl::unexpected(read.error());
  if (change.add.empty() && change.remove.empty()) {
    return fail("the request adds and removes nothing", Fault::operator_input);
  }
  return change;
}

}  // namespace weft::mgmt
