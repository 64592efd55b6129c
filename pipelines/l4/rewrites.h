// What nat and fullnat write over a packet's addresses and ports, as its flow says.
#pragma once

#include "dataplane/table/nat_key.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/source_address.h"

namespace weft {

// Requires: decision.direction is set; `endpoint` is the record of the flow's endpoint.
template <class NatFlow>
void set_rewrites(Decision& decision, const NatFlow& flow, const EndpointRecord& endpoint) {
  const bool reply = decision.direction == Direction::to_client;
  const auto far = reply ? flow.listener_side() : flow.endpoint_side();
  decision.rewrite_address = far.ip();
  decision.rewrite_port = far.port;
  decision.shifted = flow.marks.shifted != 0;
  if (flow.marks.kind() == NatEntry::nat) return;
  decision.rewrites_both = true;
  if (reply) {
    decision.near_address = flow.client_side().ip();
    decision.near_port = flow.client_side().port;
  } else {
    decision.near_address = source_address(endpoint, flow.marks.source_host);
    decision.near_port = flow.source_port;
    decision.adds_client_address = decision.listener != nullptr &&
                                   decision.listener->client_address == ClientAddress::toa &&
                                   flow.marks.endpoint_spoke == 0 && !flow.meta.udp();
  }
}

}  // namespace weft
