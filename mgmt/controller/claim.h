// Ids for a whole configuration or for none of it: what is claimed is given back at the end of the
// claim unless it was kept. What was live before the claim is not touched either way.
// Thread safety: none.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "mgmt/publish/identities.h"

namespace weft::mgmt {

class Claim {
 public:
  Claim(Identities& identities, Instant now) : identities_(identities), now_(now) {}
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  // live: it is configured already.
  Result<ListenerId> listener(const std::string& name, bool live);
  Result<ClusterId> cluster(const std::string& name, bool live);
  Result<EndpointId> endpoint(const EndpointKey& key, bool live);
  // All of it stays claimed.
  void keep();

 private:
  Identities& identities_;
  const Instant now_;
  std::vector<std::string> listeners_;
  std::vector<std::string> clusters_;
  std::vector<EndpointKey> endpoints_;
};

}  // namespace weft::mgmt
