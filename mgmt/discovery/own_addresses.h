// The addresses that a configuration gives to the gateway itself: an endpoint there would be the
// gateway, which would probe and forward to itself.
// Thread safety: immutable.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

class OwnAddresses {
 public:
  OwnAddresses() = default;
  // Those of interfaces and the single ones of listeners. A listener's prefix may have endpoints
  // inside: it says what traffic is taken, not who is there.
  explicit OwnAddresses(const Model& model);

  // "listener "web"" or "interface "edge""; empty: nobody here has it.
  std::string owner(const IpAddress& address) const;

 private:
  std::map<IpAddress, std::string> hosts_;
  std::vector<std::pair<IpPrefix, std::string>> prefixes_;
};

}  // namespace weft::mgmt
