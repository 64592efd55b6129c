#include "mgmt/admin/capture_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>
#include <optional>

#include "mgmt/admin/status_reader.h"

namespace weft::mgmt {

namespace json = boost::json;

std::string text_of(const CaptureRequest& request) {
  json::array program;
  for (const FilterInstruction& each : request.program) {
    program.push_back(json::array{each.code, each.jump_true, each.jump_false, each.operand});
  }
  return json::serialize(json::object{{"filter", request.filter},
                                      {"program", program},
                                      {"drops_only", request.drops_only},
                                      {"snap_bytes", request.snap_bytes},
                                      {"packets_max", request.packets_max},
                                      {"duration_s", request.duration_s}});
}

template <class T>
static std::optional<T> whole_number(const json::value& value) {
  boost::system::error_code error;
  const T number = value.to_number<T>(error);
  return error ? std::nullopt : std::optional<T>(number);
}

static std::optional<FilterInstruction> instruction_in(const json::value& value) {
  const json::array* parts = value.if_array();
  if (parts == nullptr || parts->size() != 4) return {};
  const auto code = whole_number<uint16_t>((*parts)[0]);
  const auto jump_true = whole_number<uint8_t>((*parts)[1]);
  const auto jump_false = whole_number<uint8_t>((*parts)[2]);
  const auto operand = whole_number<uint32_t>((*parts)[3]);
  if (!code || !jump_true || !jump_false || !operand) return {};
  return FilterInstruction{*code, *jump_true, *jump_false, *operand};
}

// False: it is there and no whole number of this size.
template <class T>
static bool take_number(const json::object& object, std::string_view key, T& to) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return true;
  const std::optional<T> number = whole_number<T>(*value);
  if (number) to = *number;
  return number.has_value();
}

Result<CaptureRequest> capture_request_in(std::string_view text) {
  const auto refuse = [](const std::string& what) {
    return fail("the request to capture " + what, Fault::operator_input);
  };
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return refuse("is no JSON object");
  const json::object& object = value.get_object();
  CaptureRequest request;
  request.filter = text_in(object, "filter");
  request.drops_only = flag_in(object, "drops_only");
  if (!take_number(object, "snap_bytes", request.snap_bytes) || request.snap_bytes == 0) {
    return refuse("has a snap_bytes that is no number above 0");
  }
  if (!take_number(object, "packets_max", request.packets_max) ||
      !take_number(object, "duration_s", request.duration_s)) {
    return refuse("has a packets_max or duration_s that is no number");
  }
  const json::value* program = object.if_contains("program");
  if (program == nullptr) return request;
  if (!program->is_array()) return refuse("has a program that is no list");
  for (const json::value& each : program->get_array()) {
    const auto instruction = instruction_in(each);
    if (!instruction) return refuse("has a program with what is no instruction");
    request.program.push_back(*instruction);
  }
  return request;
}

}  // namespace weft::mgmt
