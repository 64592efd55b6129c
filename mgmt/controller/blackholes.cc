#include "mgmt/controller/blackholes.h"

#include <fmt/format.h>

#include <utility>

namespace weft::mgmt {

Blackholes::Blackholes(const std::vector<IpPrefix>& kept) : prefixes_(kept.begin(), kept.end()) {
  build();
}

Result<void> Blackholes::change(const BlackholeChange& change) {
  std::set<IpPrefix> next = prefixes_;
  for (const IpPrefix& prefix : change.remove) {
    if (next.erase(prefix) == 0) {
      return fail(fmt::format("{} is not blackholed", prefix.to_string()), Fault::operator_input);
    }
  }
  next.insert(change.add.begin(), change.add.end());
  if (next.size() > prefixes_max) {
    return fail(fmt::format("{} blackholes, at most {} are possible", next.size(), prefixes_max),
                Fault::operator_input);
  }
  prefixes_ = std::move(next);
  build();
  return {};
}

void Blackholes::build() {
  const std::vector<IpPrefix> all(prefixes_.begin(), prefixes_.end());
  set_ = all.empty() ? nullptr : std::make_shared<const PrefixSet>(all);
}

}  // namespace weft::mgmt
