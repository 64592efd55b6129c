// Whether the name of a drop says something true of the frame and of the configuration.
#pragma once

#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop.h"
#include "tests/fuzz/services.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::fuzz {

struct DropScene {
  Variant variant;
  bool refuses_new_flows = false;
  bool in_segments = false;            // what lies behind the first is not looked at
  bool piece_waited_too_long = false;  // its datagram was first seen that long ago
};

// What is wrong with it; empty: nothing.
std::string complaint_about(Drop drop, const test::Bytes& frame, const test::Decoded& in,
                            const DropScene& scene);

}  // namespace weft::fuzz
