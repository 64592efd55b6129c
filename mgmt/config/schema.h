// The schema: one table of every key. Parsing, validation, defaults, unknown-key errors, the
// reference page and what a reload may change all come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "mgmt/config/forms.h"
#include "mgmt/config/node.h"

namespace weft::mgmt::config {

class Reading;
struct Key;

// What happens when the value differs after a reload: it is taken, or the reload is refused.
enum class Applies : uint8_t { reload, restart };

// Where a key's value goes: a member of the settings of its section. Made by fields.h.
struct Field {
  std::string_view type;                      // for the reference: "integer", "list of strings"
  std::span<const std::string_view> choices;  // empty: any value of the type and range
  // Reads `node`, or complains of it; `section` is the settings struct of the key's section.
  void (*read)(Reading& reading, const Key& key, const Node& node, void* section);
  // Whether two settings structs of the section agree on this key; null for a table.
  bool (*same)(const void* a, const void* b);
};

struct Default {
  enum class Kind : uint8_t {
    required,  // there is none: the key must be given
    value,     // `text` in TOML
    derived,   // from other keys or the host; `text` says from what
    absent,    // `text` says what it means that the key is not given
  };
  Kind kind = Kind::absent;
  std::string_view text;
};
constexpr Default required{Default::Kind::required, ""};
constexpr Default value(std::string_view toml) {
  return {Default::Kind::value, toml};
}
constexpr Default derived(std::string_view from) {
  return {Default::Kind::derived, from};
}
constexpr Default absent(std::string_view means) {
  return {Default::Kind::absent, means};
}

struct Limits {
  int64_t min = 0;  // of integers
  int64_t max = INT64_MAX;
  bool power_of_two = false;
  uint32_t items_max = UINT32_MAX;  // of lists
};

struct Key {
  std::string_view section;  // "cluster.health"; "" at the top
  std::string_view name;
  Field field;
  Default fallback;
  std::string_view unit;  // empty: none
  Limits limits;          // of integers and lists
  const Form* form;       // of strings, and of strings in lists; null: none
  Applies applies = Applies::reload;
  std::string_view since = "0.1";
  std::string_view says;  // one line for the reference
};

// The table: the top of the file, then these parts in this order, each section's keys together.
std::span<const Key> schema();
std::span<const Key> gateway_keys();      // [gateway], [gateway.flows], [admin], [log]
std::span<const Key> sync_keys();         // [gateway.sync]
std::span<const Key> interface_keys();    // [[interface]]
std::span<const Key> traffic_keys();      // [[listener]], [[cluster]]
std::span<const Key> quic_keys();         // [[listener.quic]]
std::span<const Key> prefix_list_keys();  // [[prefix_list]]

// The key, or null if the section has none of this name.
const Key* find_key(std::string_view section, std::string_view name);

// One heading of the reference page and one struct of the model, in the order of the page.
struct Section {
  std::string_view path;     // as in Key::section
  std::string_view heading;  // as it is written in TOML
  std::string_view says;
};
std::span<const Section> sections();
// Requires: there is such a section.
const Section& section(std::string_view path);

}  // namespace weft::mgmt::config
