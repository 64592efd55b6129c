#include "mgmt/config/parse_toml.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <sstream>
#include <toml.hpp>

#include "dataplane/base/check.h"
#include "mgmt/config/key_place.h"
#include "mgmt/config/syntax_message.h"

namespace weft::mgmt::config {

namespace {

using Value = toml::basic_value<toml::discard_comments, std::map, std::vector>;

// The region is exact and cheap; Value::location() counts lines from the start of the file each
// time it is asked.
const toml::detail::region* region(const Value& value) {
  return dynamic_cast<const toml::detail::region*>(toml::detail::get_region(value));
}

Offset offset(const Value& value) {
  const toml::detail::region* at = region(value);
  return at ? static_cast<Offset>(at->first() - at->begin()) : 0;
}

struct Builder {
  std::string_view text;
  std::optional<SyntaxError> error = std::nullopt;

  Node build(const Value& value) {
    Node node;
    node.at = offset(value);
    switch (value.type()) {
      case toml::value_t::boolean:
        node.kind = Node::Kind::boolean;
        node.boolean = value.as_boolean();
        break;
      case toml::value_t::integer:
        node.kind = Node::Kind::integer;
        node.integer = integer(value);
        break;
      case toml::value_t::floating:
        node.kind = Node::Kind::real;
        break;
      case toml::value_t::string:
        node.kind = Node::Kind::string;
        node.string = value.as_string().str;
        break;
      case toml::value_t::array:
        node.kind = Node::Kind::list;
        for (const Value& item : value.as_array()) node.items.push_back(build(item));
        break;
      case toml::value_t::table:
        node.kind = Node::Kind::table;
        for (const auto& [key, member] : value.as_table()) {
          node.members.push_back({key, key_place(text, offset(member), key), build(member)});
        }
        break;
      default:
        node.kind = Node::Kind::time;
    }
    return node;
  }

  // From the digits: the library lets what is beyond 64 bits pass.
  int64_t integer(const Value& value) {
    std::string digits = region(value)->str();
    std::erase(digits, '_');
    if (digits.starts_with('+')) digits.erase(0, 1);
    int base = 10;
    if (digits.size() > 2 && digits[0] == '0') {
      base = digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : 2;
      digits.erase(0, 2);
    }
    int64_t number = 0;
    const auto [end, result] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (result != std::errc{} && !error) {
      error = SyntaxError{offset(value), "this integer is beyond 64 bits"};
    }
    return number;
  }
};

}  // namespace

tl::expected<Node, SyntaxError> parse_toml(const SourceText& source) {
  const std::string_view text = source.text();
  if (auto error = check_encoding(text)) return tl::unexpected(std::move(*error));
  if (auto error = check_tokens(text)) return tl::unexpected(std::move(*error));
  std::istringstream stream{std::string(text)};
  try {
    Builder builder{text};
    Node root = builder.build(toml::parse<toml::discard_comments, std::map>(stream, "-"));
    if (builder.error) return tl::unexpected(std::move(*builder.error));
    root.at = 0;
    return root;
  } catch (const toml::exception& e) {
    return tl::unexpected(syntax_error(text, e.what(), e.location().line()));
  } catch (const std::exception& e) {
    // The library throws others for numbers and dates beyond its types, without a place.
    return tl::unexpected(SyntaxError{0, fmt::format("not TOML: {}", e.what())});
  }
}

}  // namespace weft::mgmt::config
