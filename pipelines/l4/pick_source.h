// Which source address and port a fullnat flow gets towards its endpoint: one whose replies are
// steered to this worker, so that both directions of a flow stay here.
#pragma once

#include <optional>

#include "dataplane/base/planted_bug.h"
#include "dataplane/interface/steering.h"
#include "dataplane/table/nat_key.h"
#include "pipelines/l4/source_address.h"

namespace weft {

class SourcePicker {
 public:
  SourcePicker(const PolicyPart& policy, const SteeringHash& steering_hash, uint16_t worker)
      : policy_(policy), steering_hash_(steering_hash), worker_(worker) {}

  // The first candidate of the flow's hash that no other flow to the endpoint has. Nothing: every
  // one that was looked at (a bounded number) is taken. Requires: endpoint.source_is_workers.
  template <class Table>
  std::optional<Source> pick(Table& table, const EndpointRecord& endpoint, Protocol protocol,
                             uint64_t hash) const {
    // Of its replies all but the chosen bits of the port is the same.
    const bool alone = policy_.workers == 1;
    const uint32_t replies = alone ? 0 : steering_hash_.of(endpoint.address, endpoint.port);
    uint32_t looked_up = 0;
    const uint32_t tries = policy_.shares[worker_].tries(candidates_max);
    for (uint32_t n = 0; n < tries; ++n) {
      const Source source = source_candidate(hash, n, endpoint.source_host_bits);
      if (!alone && !is_mine(replies ^ steering_hash_.of_chosen(source.port))) continue;
      const auto key = Table::Key::of(reply_to(source, endpoint, protocol), NatSide::source);
      if (!table.find(table.place(key), key)) return source;
      if (++looked_up == look_ups_max) break;
    }
    return std::nullopt;
  }

 private:
  static constexpr uint32_t candidates_max = 64;  // of mine
  static constexpr uint32_t look_ups_max = 32;

  static Headers reply_to(const Source& source, const EndpointRecord& endpoint, Protocol protocol) {
    return {.source = endpoint.address,
            .destination = source_address(endpoint, source.host),
            .source_port = endpoint.port,
            .destination_port = source.port,
            .protocol = protocol,
            .payload = Payload::transport};
  }
  bool is_mine(uint32_t bucket) const {
    if (planted(PlantedBug::source_of_another_worker)) return true;
    return policy_.steering[bucket] == worker_;
  }

  const PolicyPart& policy_;
  const SteeringHash& steering_hash_;
  const uint16_t worker_;
};

}  // namespace weft
