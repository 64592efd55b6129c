// A TOML document as a tree in which every value and key knows its place in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mgmt/config/source_text.h"

namespace weft::mgmt::config {

struct Node {
  enum class Kind : uint8_t { boolean, integer, real, string, time, list, table };

  Kind kind = Kind::table;
  Offset at = 0;  // of the value; of a table: its header, or its brace
  bool boolean = false;
  int64_t integer = 0;
  std::string string;
  std::vector<Node> items;  // of a list
  struct Member;
  std::vector<Member> members;  // of a table, in the order of the keys' names

  // The value of a key of this table, null if there is none.
  const Node* find(std::string_view key) const;
};

struct Node::Member {
  std::string key;
  Offset at = 0;  // of the key
  Node value;
};

// "an integer", "a list": what a message calls a value.
std::string_view describe(Node::Kind kind);

}  // namespace weft::mgmt::config
