#include "mgmt/publish/compile.h"

#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/publish/compile_endpoints.h"
#include "mgmt/publish/compile_policy.h"
#include "mgmt/publish/compile_routing.h"

namespace weft::mgmt {

Compiled compile(std::shared_ptr<const Desired> desired, const Compiled& previous,
                 uint64_t generation) {
  CHECK(desired != nullptr);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = generation;
  snapshot->policy = compile_policy(*desired, previous);
  RoutingCompiler routing(*desired, previous);
  snapshot->endpoints = compile_endpoints(*desired, previous, routing);
  snapshot->routing = routing.finish();
  snapshot->blackholes = desired->blackholes;
  return {std::move(desired), std::move(snapshot)};
}

}  // namespace weft::mgmt
