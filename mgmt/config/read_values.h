// Readers of single TOML values into what the model keeps: each complains of a wrong type, form or
// range at the value's place and then leaves `out` as it was.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/config/reading.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

// Whether the node is of the kind; complains with `words` ("a list of integers") if not.
bool is_kind(Reading& reading, const Key& key, const Node& node, Node::Kind kind,
             std::string_view words);

// A list's key as its items' errors name it: "each of workers".
class ItemKey {
 public:
  explicit ItemKey(const Key& list);
  ItemKey(const ItemKey&) = delete;
  ItemKey& operator=(const ItemKey&) = delete;
  const Key& key() const { return key_; }

 private:
  std::string name_;
  Key key_;
};

// The index of the string among the key's choices; nothing after a complaint.
std::optional<std::size_t> read_choice(Reading& reading, const Key& key, const Node& node);

// `what` follows the quoted string: "\"10.0.0.1\" needs a port".
void complain_of_string(Reading& reading, const Node& node, std::string_view what);

void read_value(Reading& reading, const Key& key, const Node& node, bool& out);
void read_value(Reading& reading, const Key& key, const Node& node, uint32_t& out);
void read_value(Reading& reading, const Key& key, const Node& node, uint8_t& out);
void read_value(Reading& reading, const Key& key, const Node& node, uint16_t& out);
void read_value(Reading& reading, const Key& key, const Node& node, std::optional<uint16_t>& out);
void read_value(Reading& reading, const Key& key, const Node& node, milliseconds& out);
void read_value(Reading& reading, const Key& key, const Node& node, std::string& out);
void read_value(Reading& reading, const Key& key, const Node& node, IpAddress& out);
void read_value(Reading& reading, const Key& key, const Node& node, IpPrefix& out);

// Lists get an item for each of the file's, a default one where it could not be read.
void read_value(Reading& reading, const Key& key, const Node& node, std::vector<uint32_t>& out);
void read_value(Reading& reading, const Key& key, const Node& node,
                std::vector<InterfaceAddress>& out);
void read_value(Reading& reading, const Key& key, const Node& node, std::vector<IpPrefix>& out);
// One string is a list of one.
void read_value(Reading& reading, const Key& key, const Node& node, std::vector<std::string>& out);

template <class Choice>
requires std::is_enum_v<Choice>
void read_value(Reading& reading, const Key& key, const Node& node, Choice& out) {
  if (const auto index = read_choice(reading, key, node)) out = static_cast<Choice>(*index);
}

// The list is one, and not too long.
bool is_list(Reading& reading, const Key& key, const Node& node, std::string_view words);

// The section that a key of a table opens: "cluster.health".
std::string section_of_table(const Key& key);

template <class Settings>
void read_table(Reading& reading, const Key& key, const Node& node, Settings& out) {
  if (!is_kind(reading, key, node, Node::Kind::table, "a table")) return;
  reading.table(section_of_table(key), node, &out);
}
template <class Settings>
void read_table(Reading& reading, const Key& key, const Node& node, std::optional<Settings>& out) {
  read_table(reading, key, node, out.emplace());
}

template <class Settings>
void read_table(Reading& reading, const Key& key, const Node& node, std::vector<Settings>& out) {
  if (!is_list(reading, key, node, "a list of tables")) return;
  const ItemKey item(key);
  out.reserve(node.items.size());
  for (const Node& one : node.items) {
    Settings& settings = out.emplace_back();
    if (!is_kind(reading, item.key(), one, Node::Kind::table, "a table")) continue;
    reading.table(section_of_table(key), one, &settings);
  }
}

}  // namespace weft::mgmt::config
