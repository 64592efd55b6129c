// Who gives ids to keys (ARCHITECTURE.md, decision 5): a key keeps its id, slot and generation,
// from acquire to release, whatever is published between. The controller releases a key when no
// snapshot that a worker may read names it and no worker refers to it; until then a key that comes
// back gets the id it had.
// Thread safety: none, called on the event loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/base/ids.h"
#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

class Identities {
 public:
  virtual ~Identities() = default;

  // How many more keys can be acquired now.
  virtual uint32_t free_listeners() const = 0;
  virtual uint32_t free_clusters() const = 0;
  virtual uint32_t free_endpoints() const = 0;

  // The id of the key, a new one when it has none. Requires: a free slot for a new key.
  virtual ListenerId acquire_listener(std::string_view name) = 0;
  virtual ClusterId acquire_cluster(std::string_view name) = 0;
  virtual EndpointId acquire_endpoint(ClusterId cluster, const IpAddress& address,
                                      uint16_t port) = 0;

  // The key is forgotten, its slot may get another key. Requires: acquired.
  virtual void release_listener(ListenerId id) = 0;
  virtual void release_cluster(ClusterId id) = 0;
  virtual void release_endpoint(EndpointId id) = 0;
};

}  // namespace weft::mgmt
