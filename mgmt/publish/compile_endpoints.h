// Desired -> the endpoint part: records, each cluster's set and Maglev table, and whose the replies
// of endpoints are.
//
// An endpoint of weight 0 and a draining one have a record and take no new flows: they are not in
// their cluster's set. The record of an endpoint that is gone keeps its address and loses its
// cluster, so that a packet of a flow that the sweep has not met yet still goes where it went.
#pragma once

#include <memory>

#include "mgmt/model/desired.h"
#include "mgmt/publish/compile.h"
#include "mgmt/publish/compile_routing.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

// The previous one when nothing of it changed. Requires: as compile().
std::shared_ptr<const EndpointPart> compile_endpoints(const Desired& desired,
                                                      const Compiled& previous,
                                                      RoutingCompiler& routing);

}  // namespace weft::mgmt
