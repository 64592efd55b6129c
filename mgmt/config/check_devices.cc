#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

// A device as far as it matters to others on the same host.
struct DeviceUse {
  std::string_view text;
  std::string_view kind;              // of those that stand on a kernel interface; empty: others
  std::string_view kernel_interface;  // "eth1" of "af_xdp:eth1:2"; empty: none
  bool one_queue = false;             // "af_xdp:IF:QUEUE": leaves the other queues to others
  std::size_t interface = 0;
  Offset at = 0;
};

DeviceUse use_of(std::string_view text) {
  DeviceUse use{.text = text};
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (kind != "af_xdp" && kind != "af_packet" && kind != "tap") return use;
  use.kind = kind;
  use.kernel_interface = text.substr(colon + 1);
  const std::size_t queue = use.kernel_interface.find(':');
  use.one_queue = queue != std::string_view::npos;
  use.kernel_interface = use.kernel_interface.substr(0, queue);
  return use;
}

std::vector<DeviceUse> uses(const Reading& reading, const Node& root) {
  std::vector<DeviceUse> all;
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    for (std::size_t d = 0; d < interfaces[i].devices.size(); ++d) {
      if (interfaces[i].devices[d].empty()) continue;
      DeviceUse use = use_of(interfaces[i].devices[d]);
      use.interface = i;
      use.at = place(root, {"interface", i, "device", d});
      all.push_back(use);
    }
  }
  return all;
}

// Only single queues of one interface share a kernel interface.
bool may_share(const DeviceUse& a, const DeviceUse& b) {
  return a.interface == b.interface && a.kind == b.kind && a.one_queue && b.one_queue;
}

void check_lists(Reading& reading, const Node& root) {
  for (std::size_t i = 0; i < reading.model.interfaces.size(); ++i) {
    const Node& list = node_at(root, {"interface", i, "device"});
    if (list.kind == Node::Kind::list && list.items.empty()) {
      reading.complain(list.at, "device must name at least one device");
    }
  }
}

void check_shared(Reading& reading, const std::vector<DeviceUse>& uses) {
  std::unordered_map<std::string_view, Offset> devices;
  std::unordered_map<std::string_view, const DeviceUse*> kernel_interfaces;  // their first use
  for (const DeviceUse& use : uses) {
    if (const auto [same, is_new] = devices.emplace(use.text, use.at); !is_new) {
      reading.complain(use.at, fmt::format("device \"{}\" is in use already, in line {}", use.text,
                                           reading.line(same->second)));
      continue;
    }
    if (use.kernel_interface.empty()) continue;
    const auto [found, is_new] = kernel_interfaces.emplace(use.kernel_interface, &use);
    const DeviceUse& first = *found->second;
    if (is_new || may_share(first, use)) continue;
    reading.complain(
        use.at, fmt::format("device \"{}\" needs kernel interface \"{}\", which device \"{}\" in "
                            "line {} has; only af_xdp queues of one [[interface]] share one",
                            use.text, use.kernel_interface, first.text, reading.line(first.at)));
  }
}

void check_twins(Reading& reading, const Node& root, const std::vector<DeviceUse>& uses) {
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  std::unordered_map<std::string_view, Offset> taken;
  for (const DeviceUse& use : uses) {
    if (!use.kernel_interface.empty()) taken.emplace(use.kernel_interface, use.at);
  }
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    const Node& table = node_at(root, {"interface", i});
    const bool given = table.find("twin") != nullptr;
    const bool new_name = names.insert(interfaces[i].name).second;
    // A name that exists twice is complained of as such, not for the twin that follows from it.
    if (interfaces[i].twin.empty() || (!given && !new_name)) continue;
    const Offset at = place(table, {given ? "twin" : "name"});
    const auto [first, is_new] = taken.emplace(interfaces[i].twin, at);
    if (is_new) continue;
    reading.complain(at, fmt::format("twin \"{}\" is the name of another interface, in line {}",
                                     interfaces[i].twin, reading.line(first->second)));
  }
}

}  // namespace

void check_devices(Reading& reading, const Node& root) {
  const std::vector<DeviceUse> all = uses(reading, root);
  check_lists(reading, root);
  check_shared(reading, all);
  check_twins(reading, root, all);
}

}  // namespace weft::mgmt::config
