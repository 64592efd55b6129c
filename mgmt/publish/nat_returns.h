// Whose the replies of an endpoint are when no flow says so: the one nat listener whose cluster
// names it. An endpoint that two listeners lead to has none, and one whose listener has many
// addresses or L4 ports neither: there the reply does not say which of them the client meant.
#pragma once

#include "dataplane/table/flat_map.h"
#include "mgmt/model/desired.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

FlatMap<ListenerKey, weft::NatReturn> nat_returns(const Desired& desired);

}  // namespace weft::mgmt
