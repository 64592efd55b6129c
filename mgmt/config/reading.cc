#include "mgmt/config/reading.h"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "mgmt/config/parse_toml.h"
#include "mgmt/config/read_values.h"
#include "mgmt/config/suggestion.h"

namespace weft::mgmt::config {

namespace {

// The defaults as trees, by index into schema().
std::vector<Node> parse_defaults() {
  std::vector<Node> all;
  for (const Key& key : schema()) {
    Node node;
    if (key.fallback.kind == Default::Kind::value) {
      const std::string text = fmt::format("x = {}", key.fallback.text);
      const auto root = parse_toml(SourceText(text, "default"));
      CHECK(root.has_value());
      node = *root->find("x");
    }
    all.push_back(std::move(node));
  }
  return all;
}

const Node& default_node(const Key& key) {
  static const std::vector<Node> all = parse_defaults();
  return all[static_cast<std::size_t>(&key - schema().data())];
}

std::vector<std::string_view> names_in(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : schema()) {
    if (key.section == section) names.push_back(key.name);
  }
  return names;
}

// Where a key that is unknown here would belong, if there is one such place.
const Key* elsewhere(std::string_view name) {
  const auto same_name = [name](const Key& key) { return key.name == name; };
  const auto keys = schema();
  const auto found = std::find_if(keys.begin(), keys.end(), same_name);
  if (found == keys.end() || std::count_if(keys.begin(), keys.end(), same_name) > 1) return nullptr;
  return &*found;
}

bool given(const Node& root, std::string_view table, std::string_view key) {
  const Node* node = root.find(table);
  return node != nullptr && node->find(key) != nullptr;
}

void derive_gateway(Reading& reading, const Node& root) {
  GatewaySettings& gateway = reading.model.gateway;
  const Node* table = root.find("gateway");
  const Offset at = table != nullptr ? table->at : 0;
  if (!given(root, "gateway", "name")) {
    if (!form::name.fits(reading.host.name)) {
      reading.complain(at, fmt::format("missing key \"name\" in [gateway]: the host's name \"{}\" "
                                       "cannot be the gateway's",
                                       reading.host.name));
    }
    gateway.name = reading.host.name;
  }
  if (!given(root, "gateway", "workers")) {
    const std::vector<uint32_t>& cpus = reading.host.cpus;
    const std::size_t first = cpus.size() > 1 ? 1 : 0;
    const std::size_t last = std::min<std::size_t>(cpus.size(), first + workers_max);
    gateway.workers.assign(cpus.begin() + static_cast<std::ptrdiff_t>(first),
                           cpus.begin() + static_cast<std::ptrdiff_t>(last));
    if (gateway.workers.empty()) gateway.workers = {0};
  }
  if (!given(root, "admin", "socket")) {
    reading.model.admin.socket = fmt::format("/run/weft/{}.sock", gateway.name);
  }
}

// What the peers tell of is right; a table of before is a guess.
void derive_previous_tables(Reading& reading, const Node& root) {
  const Node* list = root.find("cluster");
  const bool synced = given(root, "gateway", "sync");
  for (std::size_t i = 0; i < reading.model.clusters.size(); ++i) {
    if (list->items[i].find("previous_tables_ms") != nullptr) continue;
    reading.model.clusters[i].previous_tables_ms = milliseconds(synced ? 0 : 10'000);
  }
}

void derive_twins(Reading& reading, const Node& root) {
  const Node* list = root.find("interface");
  for (std::size_t i = 0; i < reading.model.interfaces.size(); ++i) {
    InterfaceSettings& interface = reading.model.interfaces[i];
    const Node& table = list->items[i];
    const Node* name = table.find("name");
    if (interface.name.empty() || table.find("twin") != nullptr) continue;
    const std::string twin = fmt::format("weft-{}", interface.name);
    if (form::twin.fits(twin)) {
      interface.twin = twin;
    } else {
      reading.complain(name->at, fmt::format("the twin's name \"{}\" must be {}: choose another "
                                             "name, or give twin",
                                             twin, form::twin.words));
    }
  }
}

}  // namespace

void Reading::table(std::string_view section, const Node& node, void* settings) {
  std::vector<std::string_view> meant;  // by unknown keys: those are not missing as well
  for (const Node::Member& member : node.members) {
    if (find_key(section, member.key) == nullptr) {
      meant.push_back(unknown_key(config::section(section), member));
    }
  }
  for (const Key& key : schema()) {
    if (key.section != section) continue;
    if (const Node* value = node.find(key.name)) {
      key.field.read(*this, key, *value, settings);
    } else if (key.fallback.kind == Default::Kind::value) {
      key.field.read(*this, key, default_node(key), settings);
    } else if (key.fallback.kind == Default::Kind::required &&
               std::find(meant.begin(), meant.end(), key.name) == meant.end()) {
      missing_key(key, node);
    }
  }
}

std::string_view Reading::unknown_key(const Section& section, const Node::Member& member) {
  const std::string_view meant = nearest(member.key, names_in(section.path));
  std::string hint;
  if (!meant.empty()) {
    hint = fmt::format(", did you mean \"{}\"?", meant);
  } else if (const Key* key = elsewhere(member.key)) {
    hint = key->section.empty()
               ? ", it belongs at the top"
               : fmt::format(", it belongs in {}", config::section(key->section).heading);
  }
  const std::string where = section.path.empty() ? "" : fmt::format(" in {}", section.heading);
  complain(member.at, fmt::format("unknown key {}{}{}", in_quotes(member.key), where, hint));
  return meant;
}

void Reading::missing_key(const Key& key, const Node& table) {
  const Section& in = config::section(key.section);
  if (key.section.empty()) {
    const auto end = static_cast<Offset>(source_.text().size());
    complain(end, fmt::format("missing {}: {}", config::section(key.name).heading,
                              "the gateway needs at least one"));
    return;
  }
  complain(table.at, fmt::format("missing key \"{}\" in {}", key.name, in.heading));
}

std::string Reading::suggest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t suggestions_max = 100;  // each compares with every candidate
  if (++suggestions_ > suggestions_max) return {};
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? std::string() : fmt::format(", did you mean \"{}\"?", near);
}

void Reading::complain(Offset at, std::string message) {
  keep({at, std::move(message), std::nullopt});
}

void Reading::complain(Offset at, ConfigError error) {
  keep({at, {}, std::move(error)});
}

void Reading::keep(Found found) {
  if (found_.size() < errors_max) {
    found_.push_back(std::move(found));
  } else {
    ++left_out_;
  }
}

std::vector<ConfigError> Reading::errors() && {
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Found& a, const Found& b) { return a.at < b.at; });
  std::vector<ConfigError> all;
  for (Found& found : found_) {
    all.push_back(found.elsewhere ? *std::move(found.elsewhere)
                                  : source_.error(found.at, std::move(found.message)));
  }
  if (left_out_ > 0) all.push_back(source_.error(fmt::format("{} more errors", left_out_)));
  return all;
}

void read_model(Reading& reading, const Node& root) {
  reading.table("", root, &reading.model);
  derive_gateway(reading, root);
  derive_twins(reading, root);
  derive_previous_tables(reading, root);
}

}  // namespace weft::mgmt::config
