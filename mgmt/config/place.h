// Finds values of the tree again by their path in the model.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "mgmt/config/node.h"

namespace weft::mgmt::config {

using Step = std::variant<std::string_view, std::size_t>;  // a key of a table, an index into a list

// The node at the end of the path, or the last one on it that exists:
// node_at(root, {"listener", 2ul, "address"}).
const Node& node_at(const Node& root, std::initializer_list<Step> path);

// The same, as a place for an error.
inline Offset place(const Node& root, std::initializer_list<Step> path) {
  return node_at(root, path).at;
}

}  // namespace weft::mgmt::config
