#include "mgmt/config/node.h"

#include <array>

namespace weft::mgmt::config {

const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string_view describe(Node::Kind kind) {
  constexpr std::array<std::string_view, 7> words = {
      "a boolean", "an integer", "a float", "a string", "a date or time", "a list", "a table"};
  return words[static_cast<std::size_t>(kind)];
}

}  // namespace weft::mgmt::config
