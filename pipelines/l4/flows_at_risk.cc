#include "pipelines/l4/flows_at_risk.h"

#include <span>

#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/pick_endpoint.h"

namespace weft {

static IpAddress address(be32 v4) {
  return IpAddress::v4(v4);
}
static const IpAddress& address(const IpAddress& v6) {
  return v6;
}

// Every gateway of the fleet with the tables of now sends a flow with these headers there, as long
// as it finds the endpoint fit.
static bool is_first_choice(const Headers& headers, EndpointSlot endpoint, const Snapshot& snapshot,
                            const EndpointStates& states) {
  const PolicyPart& policy = *snapshot.policy;
  const ListenerSlot* slot = find_listener(policy.listeners, headers);
  if (slot == nullptr) return true;  // nobody sends it anywhere
  const ListenerPolicy& listener = policy.listeners.policies[index(*slot)];
  const ClusterRecord* cluster = snapshot.endpoints->cluster_with_table(listener.cluster);
  if (cluster == nullptr) return false;
  const uint64_t hash = flow_hash(headers, listener.hash, policy.hash_seed);
  const uint32_t first = cluster->maglev->pick(hash_choice(hash, 0));
  return cluster->endpoints[first] == endpoint && states.takes(endpoint, hash);
}

template <class Table>
bool FlowsAtRisk::look_at(const Table& table, uint32_t at, const Flows& flows,
                          const Snapshot& snapshot, const EndpointStates& states) {
  const auto& bucket = table.bucket(at);
  for (uint32_t i = 0; i < Table::BucketType::flows; ++i) {
    const FlowMeta meta = bucket.meta(i);
    const EndpointSlot endpoint = meta.endpoint();
    if (meta.state() != FlowState::established || meta.expired(flows.clock)) continue;
    if (!snapshot.endpoints->present(endpoint)) continue;
    if (states.get(endpoint) == EndpointState::down) continue;
    const auto key = bucket.key(i);
    Headers headers;
    headers.source = address(key.source);
    headers.destination = address(key.destination);
    headers.source_port = be16::from_raw(static_cast<uint16_t>(key.ports));
    headers.destination_port = be16::from_raw(static_cast<uint16_t>(key.ports >> 16));
    headers.protocol = Protocol::tcp;
    if (is_first_choice(headers, endpoint, snapshot, states)) continue;
    const EndpointRecord& record = snapshot.endpoints->records[index(endpoint)];
    const PlacedFlow flow{headers.source,      headers.destination,      record.address,
                          headers.source_port, headers.destination_port, record.port};
    if (!told_.push(std::as_bytes(std::span(&flow, 1)), {})) return false;
    ++found_;
  }
  return true;
}

void FlowsAtRisk::look_further(Flows& flows, const Snapshot& snapshot, const EndpointStates& states,
                               WorkerCounters& counters, Instant now) {
  const uint32_t buckets = flows.tunnel4.buckets() + flows.tunnel6.buckets();
  const uint32_t asked = asked_.load(std::memory_order_acquire);
  if (asked != begun_) {
    // The next turn's snapshot is at least as new as what mgmt asks about.
    begun_ = asked;
    left_buckets_ = buckets;
    found_ = 0;
    looked_at_ = now;
    return;
  }
  const double whole_s = std::max(std::chrono::duration<double>(pass_min).count(),
                                  static_cast<double>(buckets) / buckets_per_s_max);
  const double share = std::chrono::duration<double>(now - looked_at_).count() / whole_s;
  const auto due = static_cast<uint32_t>(std::min<double>(
      {share * buckets, double{look_buckets_max}, static_cast<double>(left_buckets_)}));
  if (due == 0) return;
  looked_at_ = now;
  for (uint32_t n = 0; n < due; ++n) {
    const uint32_t at = next_bucket_;
    const bool v4 = at < flows.tunnel4.buckets();
    const bool told =
        v4 ? look_at(flows.tunnel4, at, flows, snapshot, states)
           : look_at(flows.tunnel6, at - flows.tunnel4.buckets(), flows, snapshot, states);
    if (!told) return;  // once more, when mgmt has made room
    next_bucket_ = at + 1 == buckets ? 0 : at + 1;
    --left_buckets_;
  }
  if (left_buckets_ != 0) return;
  counters.at_risk.flows.set(found_);
  counters.at_risk.passes.add(1);
}

}  // namespace weft
