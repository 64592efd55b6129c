#include <fmt/format.h>

#include "mgmt/config/config.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view introduction = R"(# Configuration reference

Printed by `weftd --print-reference` from the schema that the configuration is checked against.

Weft reads one TOML file, `/etc/weft/weft.toml` if `--config` names no other. `weftd --check FILE`
says everything that is wrong with a file, each with line and column, and exits 0 or 1. A reload
(`SIGHUP`, `weftctl reload`) takes all of a file or nothing: a file with an error, or one that
changes a key that applies at a restart, is refused, and the running configuration stays.

```toml
[gateway]
workers = [1]

[[interface]]
name      = "edge"
device    = "af_xdp:eth1"
addresses = ["10.0.0.254/24"]
routes    = [{ to = "0.0.0.0/0", via = "10.0.0.1" }]

[[listener]]
name     = "web"
address  = "203.0.113.10:80"
protocol = "tcp"
forward  = "nat"
cluster  = "web"

[[cluster]]
name      = "web"
endpoints = ["10.0.0.11:8080", { address = "10.0.0.12:8080", weight = 2 }]
health    = { http = "/healthz", interval_ms = 1000, timeout_ms = 300 }
```
)";

// "|" would end a cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string default_cell(const Default& fallback) {
  switch (fallback.kind) {
    case Default::Kind::required:
      return "required";
    case Default::Kind::value:
      return fmt::format("`{}`", fallback.text);
    case Default::Kind::derived:
      return std::string(fallback.text);
    case Default::Kind::absent:
      return fmt::format("none: {}", fallback.text);
  }
  return "";
}

std::string values_cell(const Key& key) {
  if (!key.field.choices.empty()) {
    const bool strings = key.field.type == "string";
    std::string all;
    for (const std::string_view choice : key.field.choices) {
      if (!all.empty()) all += ", ";
      all += strings ? fmt::format("`\"{}\"`", choice) : fmt::format("`{}`", choice);
    }
    return all;
  }
  std::string all;
  const auto add = [&all](std::string part) { all += (all.empty() ? "" : "; ") + part; };
  if (key.form != nullptr) add(std::string(key.form->words));
  if (key.limits.max != INT64_MAX) {
    add(fmt::format("{}{} to {}{}{}", key.limits.power_of_two ? "powers of two, " : "",
                    key.limits.min, key.limits.max, key.unit.empty() ? "" : " ", key.unit));
  }
  if (key.limits.items_max != UINT32_MAX) add(fmt::format("at most {}", key.limits.items_max));
  return all;
}

// A table is what its keys are, unless it may not even come and go.
std::string_view applies_cell(const Key& key) {
  if (key.applies == Applies::restart) return "restart";
  return key.field.type == "table" ? "" : "reload";
}

std::string row(const Key& key) {
  return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", key.name, key.field.type,
                     cell(default_cell(key.fallback)), cell(values_cell(key)), key.since,
                     applies_cell(key), cell(key.says));
}

}  // namespace

std::string print_reference() {
  std::string page(introduction);
  for (const Section& section : sections()) {
    page += section.path.empty() ? "\n## The file\n" : fmt::format("\n## `{}`\n", section.heading);
    page += fmt::format("\n{}\n\n", section.says);
    page += "| key | type | default | values | since | applies at | |\n";
    page += "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Key& key : schema()) {
      if (key.section == section.path) page += row(key);
    }
  }
  return page;
}

}  // namespace weft::mgmt::config
