#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

void check_sources(Reading& reading, const Node& root) {
  for (std::size_t i = 0; i < reading.model.prefix_lists.size(); ++i) {
    const Node& table = node_at(root, {"prefix_list", i});
    const Node* file = table.find("file");
    const Node* prefixes = table.find("prefixes");
    if (file == nullptr && prefixes == nullptr) {
      reading.complain(table.at, "missing key \"prefixes\" or \"file\" in [[prefix_list]]");
    } else if (file != nullptr && prefixes != nullptr) {
      reading.complain(file->at, "file and prefixes exclude one another: make two lists of them");
    }
  }
}

void check_names_in(Reading& reading, const Node& root, std::size_t listener, std::string_view key,
                    const std::vector<std::string>& wanted,
                    const std::vector<std::string_view>& known) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].empty() || std::ranges::find(known, wanted[i]) != known.end()) continue;
    reading.complain(place(root, {"listener", listener, key, i}),
                     fmt::format("there is no prefix_list \"{}\"{}", wanted[i],
                                 reading.suggest(wanted[i], known)));
  }
}

}  // namespace

void check_prefix_lists(Reading& reading, const Node& root) {
  check_sources(reading, root);
  std::vector<std::string_view> known;
  for (const PrefixListSettings& list : reading.model.prefix_lists) {
    // A list whose name could not be read may be the one that is meant.
    if (list.name.empty()) return;
    known.push_back(list.name);
  }
  for (std::size_t i = 0; i < reading.model.listeners.size(); ++i) {
    const ListenerSettings& listener = reading.model.listeners[i];
    check_names_in(reading, root, i, "allow", listener.allow, known);
    check_names_in(reading, root, i, "deny", listener.deny, known);
  }
}

}  // namespace weft::mgmt::config
