#include <fmt/format.h>

#include <algorithm>

#include "mgmt/config/config.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

void compare(std::string_view section, const void* old, const void* now, std::string_view prefix,
             std::vector<std::string>& changed) {
  for (const Key& key : schema()) {
    if (key.section != section || key.applies != Applies::restart) continue;
    if (!key.field.same(old, now)) changed.push_back(fmt::format("{}.{}", prefix, key.name));
  }
}

const InterfaceSettings* find(const std::vector<InterfaceSettings>& all, std::string_view name) {
  const auto found = std::find_if(
      all.begin(), all.end(), [name](const InterfaceSettings& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// Interfaces are known by their name.
void compare_interfaces(const std::vector<InterfaceSettings>& old,
                        const std::vector<InterfaceSettings>& now,
                        std::vector<std::string>& changed) {
  const std::size_t before = changed.size();
  for (const InterfaceSettings& one : old) {
    const std::string path = fmt::format("interface.{}", one.name);
    const InterfaceSettings* next = find(now, one.name);
    if (next == nullptr) {
      changed.push_back(path);
    } else {
      compare("interface", &one, next, path, changed);
    }
  }
  for (const InterfaceSettings& one : now) {
    if (find(old, one.name) == nullptr) changed.push_back(fmt::format("interface.{}", one.name));
  }
  const bool same_order = std::equal(
      old.begin(), old.end(), now.begin(), now.end(),
      [](const InterfaceSettings& a, const InterfaceSettings& b) { return a.name == b.name; });
  if (!same_order && changed.size() == before) changed.push_back("interface");
}

}  // namespace

std::vector<std::string> restart_keys_changed(const Model& old, const Model& now) {
  std::vector<std::string> changed;
  compare("gateway", &old.gateway, &now.gateway, "gateway", changed);
  compare("gateway.flows", &old.flows, &now.flows, "gateway.flows", changed);
  compare("gateway.sync", &old.sync, &now.sync, "gateway.sync", changed);
  compare("admin", &old.admin, &now.admin, "admin", changed);
  compare_interfaces(old.interfaces, now.interfaces, changed);
  return changed;
}

}  // namespace weft::mgmt::config
