#include <utility>

#include "mgmt/config/fields.h"
#include "mgmt/config/prefix_file.h"
#include "mgmt/config/read_file.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

void read_prefixes(Reading& reading, const Key& key, const Node& node, PrefixListSettings& list) {
  if (!is_list(reading, key, node, "a list of strings")) return;
  const ItemKey item(key);
  std::vector<IpPrefix> prefixes;
  for (const Node& one : node.items) read_value(reading, item.key(), one, prefixes.emplace_back());
  list.prefixes = std::make_shared<const PrefixSet>(prefixes);
}

void read_prefix_file(Reading& reading, const Key& key, const Node& node,
                      PrefixListSettings& list) {
  std::string path;
  read_value(reading, key, node, path);
  if (path.empty()) return;
  const auto text = read_file(path, prefix_file_bytes_max);
  if (!text) return complain_of_string(reading, node, text.error());
  PrefixFile file = parse_prefix_file(*text, path);
  for (ConfigError& error : file.errors) reading.complain(node.at, std::move(error));
  list.prefixes = std::make_shared<const PrefixSet>(file.prefixes);
}

constexpr Key rows[] = {
    {.section = "prefix_list",
     .name = "name",
     .field = field<&PrefixListSettings::name>(),
     .fallback = required,
     .form = &form::name,
     .says = "The name that listeners use."},
    {.section = "prefix_list",
     .name = "prefixes",
     .field = field_of<PrefixListSettings, read_prefixes>("list of strings"),
     .fallback = absent("they are in `file`"),
     .limits = {.items_max = 65536},
     .says = "IPv4 and IPv6 prefixes and addresses: `[\"198.51.100.0/24\", \"2001:db8::7\"]`."},
    {.section = "prefix_list",
     .name = "file",
     .field = field_of<PrefixListSettings, read_prefix_file>("string"),
     .fallback = absent("they are in `prefixes`"),
     .form = &form::file,
     .says = "A file with a prefix or address on each line, up to 4194304 of them; `#` begins a "
             "comment. A reload reads it again."},
};

}  // namespace

std::span<const Key> prefix_list_keys() {
  return rows;
}

}  // namespace weft::mgmt::config
