// Reads the JSON of a status: what is not there, or of another kind, is empty or zero, because the
// gateway may be older or younger than weftctl.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// An Error when the text is not a gateway's status at all.
Result<boost::json::object> read_status(std::string_view json);

double number_in(const boost::json::object& object, std::string_view key);
std::string text_in(const boost::json::object& object, std::string_view key);
bool flag_in(const boost::json::object& object, std::string_view key);
const boost::json::object& object_in(const boost::json::object& object, std::string_view key);

// The objects in an array, one by one.
template <class Call>
void for_each_in(const boost::json::object& object, std::string_view key, const Call& call) {
  const boost::json::value* found = object.if_contains(key);
  if (found == nullptr || !found->is_array()) return;
  for (const boost::json::value& each : found->get_array()) {
    if (each.is_object()) call(each.get_object());
  }
}

}  // namespace weft::mgmt
