#include "mgmt/config/place.h"

namespace weft::mgmt::config {

const Node& node_at(const Node& root, std::initializer_list<Step> path) {
  const Node* node = &root;
  for (const Step& step : path) {
    const Node* next = nullptr;
    if (const auto* key = std::get_if<std::string_view>(&step)) {
      next = node->find(*key);
    } else if (const std::size_t index = std::get<std::size_t>(step); index < node->items.size()) {
      next = &node->items[index];
    }
    if (next == nullptr) break;
    node = next;
  }
  return *node;
}

}  // namespace weft::mgmt::config
