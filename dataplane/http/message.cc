#include "dataplane/http/message.h"

#include <array>

namespace weft {
namespace {

constexpr std::array<std::string_view, 10> method_names = {
    "", "GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "TRACE", "PATCH", "DELETE"};

}  // namespace

Method method_of(std::string_view name) {
  for (std::size_t i = 1; i < method_names.size(); ++i) {
    if (method_names[i] == name) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view name_of(Method method) {
  return method_names[static_cast<std::size_t>(method)];
}

bool RequestHead::set(Text& text, std::string_view value) {
  const auto copy = fields.arena().append(value);
  if (copy) text = *copy;
  return copy.has_value();
}

bool RequestHead::set_method(std::string_view name) {
  if (!set(method_name_, name)) return false;
  method = method_of(view(method_name_));
  return true;
}

Refusal RequestHead::place_path(Text path, const PathRules& rules) {
  path_ = path_as_sent_ = path;
  if (is_plain_path(path_as_sent())) return Refusal::none;
  Arena& arena = fields.arena();
  const auto room = arena.extend(path.bytes);
  if (!room) return Refusal::request_line_too_long;
  const NormalPath normal = normalise_path(path_as_sent(), rules, arena.fill(*room));
  if (normal.refusal != Refusal::none) return normal.refusal;
  arena.give_back(path.bytes - normal.bytes);
  path_ = {room->at, normal.bytes};
  return Refusal::none;
}

}  // namespace weft
