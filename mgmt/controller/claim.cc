#include "mgmt/controller/claim.h"

namespace weft::mgmt {

Claim::~Claim() {
  for (const EndpointKey& key : endpoints_) identities_.remove_endpoint(key, now_);
  for (const std::string& name : clusters_) identities_.remove_cluster(name);
  for (const std::string& name : listeners_) identities_.remove_listener(name);
}

Result<ListenerId> Claim::listener(const std::string& name, bool live) {
  Result<ListenerId> id = identities_.listener(name);
  if (id && !live) listeners_.push_back(name);
  return id;
}

Result<ClusterId> Claim::cluster(const std::string& name, bool live) {
  Result<ClusterId> id = identities_.cluster(name);
  if (id && !live) clusters_.push_back(name);
  return id;
}

Result<EndpointId> Claim::endpoint(const EndpointKey& key, bool live) {
  Result<EndpointId> id = identities_.endpoint(key);
  if (id && !live) endpoints_.push_back(key);
  return id;
}

void Claim::keep() {
  listeners_.clear();
  clusters_.clear();
  endpoints_.clear();
}

}  // namespace weft::mgmt
