#include "mgmt/config/read_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace weft::mgmt::config {

namespace {

std::optional<int64_t> read_integer(Reading& reading, const Key& key, const Node& node) {
  if (!is_kind(reading, key, node, Node::Kind::integer, "an integer")) return std::nullopt;
  const Limits& limits = key.limits;
  const bool inside = node.integer >= limits.min && node.integer <= limits.max;
  const bool power =
      !limits.power_of_two || std::has_single_bit(static_cast<uint64_t>(node.integer));
  if (inside && power) return node.integer;
  reading.complain(node.at, fmt::format("{} must be {}between {} and {}, not {}", key.name,
                                        limits.power_of_two ? "a power of two " : "", limits.min,
                                        limits.max, node.integer));
  return std::nullopt;
}

template <class Number>
void read_number(Reading& reading, const Key& key, const Node& node, Number& out) {
  if (const auto number = read_integer(reading, key, node)) out = Number(*number);
}

template <class T, class Parse>
void read_parsed(Reading& reading, const Key& key, const Node& node, Parse parse, T& out) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  if (auto parsed = parse(node.string)) {
    out = std::move(*parsed);
  } else {
    complain_of_string(reading, node, parsed.error());
  }
}

template <class T, class Parse>
void read_list(Reading& reading, const Key& key, const Node& node, Parse parse,
               std::vector<T>& out) {
  if (!is_list(reading, key, node, "a list of strings")) return;
  const ItemKey item(key);
  out.assign(node.items.size(), T{});
  for (std::size_t i = 0; i < out.size(); ++i) {
    read_parsed(reading, item.key(), node.items[i], parse, out[i]);
  }
}

std::string list_choices(std::span<const std::string_view> choices) {
  std::string all;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) all += i + 1 == choices.size() ? " or " : ", ";
    all += fmt::format("\"{}\"", choices[i]);
  }
  return all;
}

}  // namespace

bool is_kind(Reading& reading, const Key& key, const Node& node, Node::Kind kind,
             std::string_view words) {
  if (node.kind == kind) return true;
  reading.complain(node.at,
                   fmt::format("{} must be {}, not {}", key.name, words, describe(node.kind)));
  return false;
}

bool is_list(Reading& reading, const Key& key, const Node& node, std::string_view words) {
  if (node.kind == Node::Kind::table && words == "a list of tables") {
    reading.complain(node.at, fmt::format("{} is a list of tables: write {}", key.name,
                                          section(section_of_table(key)).heading));
    return false;
  }
  if (!is_kind(reading, key, node, Node::Kind::list, words)) return false;
  if (node.items.size() <= key.limits.items_max) return true;
  reading.complain(node.at, fmt::format("{} has {} items, at most {} are possible", key.name,
                                        node.items.size(), key.limits.items_max));
  return false;
}

ItemKey::ItemKey(const Key& list) : name_(fmt::format("each of {}", list.name)), key_(list) {
  key_.name = name_;
}

std::string section_of_table(const Key& key) {
  if (key.section.empty()) return std::string(key.name);
  return fmt::format("{}.{}", key.section, key.name);
}

std::optional<std::size_t> read_choice(Reading& reading, const Key& key, const Node& node) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return std::nullopt;
  const auto choices = key.field.choices;
  const auto found = std::find(choices.begin(), choices.end(), node.string);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  reading.complain(node.at, fmt::format("{} must be {}, not {}", key.name, list_choices(choices),
                                        in_quotes(node.string)));
  return std::nullopt;
}

void complain_of_string(Reading& reading, const Node& node, std::string_view what) {
  reading.complain(node.at, fmt::format("{} {}", in_quotes(node.string), what));
}

void read_value(Reading& reading, const Key& key, const Node& node, bool& out) {
  if (is_kind(reading, key, node, Node::Kind::boolean, "true or false")) out = node.boolean;
}

void read_value(Reading& reading, const Key& key, const Node& node, uint32_t& out) {
  read_number(reading, key, node, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, uint8_t& out) {
  read_number(reading, key, node, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, uint16_t& out) {
  read_number(reading, key, node, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, std::optional<uint16_t>& out) {
  if (const auto number = read_integer(reading, key, node)) out = static_cast<uint16_t>(*number);
}

void read_value(Reading& reading, const Key& key, const Node& node, milliseconds& out) {
  read_number(reading, key, node, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, std::string& out) {
  if (!key.field.choices.empty()) {
    if (read_choice(reading, key, node)) out = node.string;
    return;
  }
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  if (key.form == nullptr || key.form->fits(node.string)) {
    out = node.string;
    return;
  }
  reading.complain(node.at, fmt::format("{} must be {}, not {}", key.name, key.form->words,
                                        in_quotes(node.string)));
}

void read_value(Reading& reading, const Key& key, const Node& node, IpAddress& out) {
  read_parsed(reading, key, node, parse_unicast, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, IpPrefix& out) {
  read_parsed(reading, key, node, parse_prefix, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, std::vector<uint32_t>& out) {
  if (!is_list(reading, key, node, "a list of integers")) return;
  const ItemKey item(key);
  out.assign(node.items.size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    read_value(reading, item.key(), node.items[i], out[i]);
  }
}

void read_value(Reading& reading, const Key& key, const Node& node,
                std::vector<InterfaceAddress>& out) {
  read_list(reading, key, node, parse_interface_address, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, std::vector<IpPrefix>& out) {
  read_list(reading, key, node, parse_worker_prefix, out);
}

void read_value(Reading& reading, const Key& key, const Node& node, std::vector<std::string>& out) {
  if (node.kind == Node::Kind::string) {
    read_value(reading, key, node, out.emplace_back());
    return;
  }
  if (!is_list(reading, key, node, "a string or a list of strings")) return;
  const ItemKey item(key);
  out.assign(node.items.size(), {});
  for (std::size_t i = 0; i < out.size(); ++i) {
    read_value(reading, item.key(), node.items[i], out[i]);
  }
}

}  // namespace weft::mgmt::config
