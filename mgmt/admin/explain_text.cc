#include "mgmt/admin/explain_text.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "mgmt/admin/status_reader.h"

namespace weft::mgmt {

namespace json = boost::json;

static std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte each : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(each));
  return text;
}

static Result<std::vector<std::byte>> bytes_in(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const std::string_view pair = text.substr(at, 2);
    uint8_t value = 0;
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), value, 16);
    if (pair.size() != 2 || error != std::errc() || end != pair.data() + 2) {
      return fail("the bytes of the packet are not hexadecimal", Fault::operator_input);
    }
    bytes.push_back(std::byte{value});
  }
  return bytes;
}

std::string text_of(const ExplainRequest& request) {
  return json::serialize(
      json::object{{request.is_frame ? "frame" : "packet", hexadecimal(request.bytes)},
                   {"interface", request.interface}});
}

Result<ExplainRequest> explain_request_in(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return fail("the request is no JSON object", Fault::operator_input);
  }
  const json::object& object = value.get_object();
  ExplainRequest request;
  request.is_frame = object.contains("frame");
  request.interface = text_in(object, "interface");
  auto bytes = bytes_in(text_in(object, request.is_frame ? "frame" : "packet"));
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->empty()) return fail("there is no packet to explain", Fault::operator_input);
  request.bytes = *std::move(bytes);
  return request;
}

std::string json_of(const Explanation& explanation) {
  json::array stages;
  for (const Explanation::Stage& each : explanation.stages) {
    stages.push_back(json::object{{"stage", each.stage}, {"says", each.says}});
  }
  return json::serialize(json::object{{"interface", explanation.interface},
                                      {"stages", stages},
                                      {"verdict", explanation.verdict},
                                      {"drop", explanation.drop},
                                      {"leaves", explanation.leaves}}) +
         "\n";
}

Result<std::string> explanation_text(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail("what the gateway answers is no explanation");
  const json::object& object = value.get_object();
  std::string lines = fmt::format("{:16} on {}\n", "receive", text_in(object, "interface"));
  for_each_in(object, "stages", [&](const json::object& stage) {
    lines += fmt::format("{:16} {}\n", text_in(stage, "stage"), text_in(stage, "says"));
  });
  return lines;
}

}  // namespace weft::mgmt
