#include "mgmt/admin/status_reader.h"

#include <boost/json/parse.hpp>
#include <utility>

namespace weft::mgmt {

namespace json = boost::json;

Result<json::object> read_status(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object() || !value.get_object().contains("gateway")) {
    return fail("what the gateway answered is not a status" + (error ? ": " + error.message() : ""),
                Fault::peer);
  }
  return std::move(value.get_object());
}

double number_in(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr || !found->is_number()) return 0;
  return found->to_number<double>();
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool flag_in(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

const json::object& object_in(const json::object& object, std::string_view key) {
  static const json::object empty;
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : empty;
}

}  // namespace weft::mgmt
