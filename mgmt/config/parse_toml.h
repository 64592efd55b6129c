// TOML 1.0 text into a tree of Nodes, by toml11. The only place that knows that library.
#pragma once

#include <string_view>
#include <tl/expected.hpp>

#include "mgmt/config/lexical.h"
#include "mgmt/config/node.h"

namespace weft::mgmt::config {

// The tree, or the first thing that is not TOML. Requires: text has less than 2^32 bytes.
tl::expected<Node, SyntaxError> parse_toml(const SourceText& source);

}  // namespace weft::mgmt::config
