// The sources whose packets reach no listener, until an operator takes that back: a set of its own
// beside the lists of the configuration, so that a change costs what the blackholes cost and not
// what a million prefixes do.
// Thread safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/table/prefix_set.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/model/blackhole_change.h"

namespace weft::mgmt {

class Blackholes {
 public:
  static constexpr uint32_t prefixes_max = 10'000;

  explicit Blackholes(const std::vector<IpPrefix>& kept);

  // All of it or, with an Error, nothing: there would be too many, or one to remove is not there.
  // One to add that is there already is no error.
  Result<void> change(const BlackholeChange& change);

  const std::set<IpPrefix>& prefixes() const { return prefixes_; }
  // What the workers look addresses up in; null when there are none.
  const std::shared_ptr<const PrefixSet>& set() const { return set_; }

 private:
  void build();

  std::set<IpPrefix> prefixes_;
  std::shared_ptr<const PrefixSet> set_;
};

}  // namespace weft::mgmt
