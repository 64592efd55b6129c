#include "mgmt/discovery/own_addresses.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::mgmt {

OwnAddresses::OwnAddresses(const Model& model) {
  for (const InterfaceSettings& interface : model.interfaces) {
    const std::string owner = fmt::format("interface \"{}\"", interface.name);
    for (const InterfaceAddress& own : interface.addresses) hosts_.emplace(own.address, owner);
    for (const IpPrefix& prefix : interface.source_addresses) prefixes_.emplace_back(prefix, owner);
  }
  for (const ListenerSettings& listener : model.listeners) {
    if (!listener.address.is_host()) continue;
    hosts_.emplace(listener.address.address(), fmt::format("listener \"{}\"", listener.name));
  }
}

std::string OwnAddresses::owner(const IpAddress& address) const {
  if (const auto host = hosts_.find(address); host != hosts_.end()) return host->second;
  const auto prefix =
      std::ranges::find_if(prefixes_, [&](const auto& own) { return own.first.contains(address); });
  return prefix == prefixes_.end() ? std::string() : prefix->second;
}

}  // namespace weft::mgmt
