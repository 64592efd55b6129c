#include "mgmt/publish/compile_policy.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "dataplane/base/check.h"

namespace weft::mgmt {

namespace {

bool same_kernel_addresses(const KernelView& a, const KernelView& b) {
  return std::ranges::equal(a.links, b.links, [](const KernelLink& one, const KernelLink& other) {
    return one.addresses == other.addresses;
  });
}

bool same_policy(const Desired& a, const Desired& b) {
  return a.listeners == b.listeners && a.prefix_lists == b.prefix_lists &&
         a.interfaces == b.interfaces && a.flows == b.flows && a.transit == b.transit &&
         a.worker_weights == b.worker_weights && a.hash_seed == b.hash_seed &&
         a.probe_ranges == b.probe_ranges && same_kernel_addresses(a.kernel, b.kernel);
}

bool is_exact(const ListenerSettings& listener) {
  return listener.address.is_host() && listener.first_port == listener.last_port;
}

using Owners = std::vector<Lpm<AddressOwner>::Item>;

// The last address of an IPv4 subnet, if it has one of its own.
void add_broadcast(const InterfaceAddress& address, Owners& owners) {
  if (!address.address.is_v4() || address.prefix_length > 30) return;
  const uint32_t host_bits = UINT32_MAX >> address.prefix_length;
  const auto broadcast = IpAddress::v4(be32(address.address.v4().host() | host_bits));
  owners.emplace_back(IpPrefix::host(broadcast), AddressOwner::host);
}

// Of equal prefixes the first counts.
Lpm<AddressOwner> owners_of(const Desired& desired) {
  Owners owners;
  for (const DesiredListener& listener : desired.listeners) {
    owners.emplace_back(listener.settings.address, AddressOwner::listener);
  }
  for (const InterfaceSettings& interface : desired.interfaces) {
    for (const IpPrefix& prefix : interface.source_addresses) {
      owners.emplace_back(prefix, AddressOwner::source_addresses);
    }
  }
  for (const InterfaceSettings& interface : desired.interfaces) {
    for (const InterfaceAddress& address : interface.addresses) {
      owners.emplace_back(IpPrefix::host(address.address), AddressOwner::host);
      add_broadcast(address, owners);
    }
  }
  for (const KernelLink& link : desired.kernel.links) {
    for (const IpAddress& address : link.addresses) {
      owners.emplace_back(IpPrefix::host(address), AddressOwner::host);
    }
  }
  for (const char* kernels : {"224.0.0.0/4", "255.255.255.255", "ff00::/8", "fe80::/10"}) {
    owners.emplace_back(*IpPrefix::parse(kernels), AddressOwner::host);
  }
  return Lpm<AddressOwner>(owners);
}

bool narrower(const ListenerRange& a, const ListenerRange& b) {
  const int a_ports = a.last_port - a.first_port;
  const int b_ports = b.last_port - b.first_port;
  return a_ports != b_ports ? a_ports < b_ports : a.first_port < b.first_port;
}

using PrefixSets = std::map<std::string_view, std::shared_ptr<const PrefixSet>>;

PrefixSets sets_of(const Desired& desired) {
  PrefixSets sets;
  for (const PrefixListSettings& list : desired.prefix_lists) sets[list.name] = list.prefixes;
  return sets;
}

// 0: no limit.
Duration interval_of(uint32_t flows_per_s) {
  return flows_per_s == 0 ? Duration::zero() : Duration(seconds(1)) / flows_per_s;
}

ListenerLimits limits_of(const ListenerSettings& listener) {
  return {interval_of(listener.new_flows_per_s_max),
          interval_of(listener.source_new_flows_per_s_max), listener.flows_max,
          listener.source_flows_max};
}

// Null: the listener takes everyone's packets, without limits.
std::shared_ptr<const Admission> admission_of(const ListenerSettings& listener,
                                              const PrefixSets& sets) {
  const ListenerLimits flows = limits_of(listener);
  if (listener.allow.empty() && listener.deny.empty() && flows == ListenerLimits{}) return nullptr;
  auto admission = std::make_shared<Admission>();
  admission->flows = flows;
  for (const std::string& name : listener.allow) admission->allow.push_back(sets.at(name));
  for (const std::string& name : listener.deny) admission->deny.push_back(sets.at(name));
  return admission;
}

ListenerTable listeners_of(const Desired& desired) {
  ListenerTable table;
  const PrefixSets sets = sets_of(desired);
  std::vector<std::pair<ListenerKey, ListenerSlot>> exact;
  std::map<IpPrefix, std::vector<ListenerRange>> ranges;
  for (const auto& [id, settings, cluster] : desired.listeners) {
    if (is_exact(settings)) {
      exact.push_back(
          {{settings.address.address(), be16(settings.first_port), settings.protocol}, id.slot});
    } else {
      ranges[settings.address].push_back(
          {settings.first_port, settings.last_port, settings.protocol, id.slot});
    }
    std::shared_ptr<const QuicLbCodecs> codecs;
    if (!settings.quic.empty()) codecs = std::make_shared<const QuicLbCodecs>(settings.quic);
    table.any_quic = table.any_quic || codecs != nullptr;
    CHECK(index(id.slot) < listeners_max);
    if (table.policies.size() <= index(id.slot)) table.policies.resize(index(id.slot) + 1);
    table.policies[index(id.slot)] = {.id = id,
                                      .cluster = cluster.slot,
                                      .forward = settings.forward,
                                      .hash = settings.hash,
                                      .client_address = settings.client_address,
                                      .admission = admission_of(settings, sets),
                                      .quic = codecs,
                                      .udp = settings.udp,
                                      .mss_clamp_bytes = settings.mss_clamp_bytes};
  }
  std::vector<Lpm<std::vector<ListenerRange>>::Item> by_prefix(ranges.begin(), ranges.end());
  for (auto& [prefix, list] : by_prefix) std::stable_sort(list.begin(), list.end(), narrower);
  table.exact = FlatMap<ListenerKey, ListenerSlot>(exact);
  table.ranges = Lpm<std::vector<ListenerRange>>(by_prefix);
  table.owners = owners_of(desired);
  return table;
}

// Also where no endpoint is probed through a listener any more: what the kernel still sends to the
// synthetic addresses ends here.
std::shared_ptr<const ProbePolicy> probes_of(const Desired& desired) {
  if (desired.probe_ranges == ProbeRanges{}) return nullptr;
  auto probes = std::make_shared<ProbePolicy>();
  probes->ranges = desired.probe_ranges;
  // Of every tunnel: an endpoint that drains may be probed through one that no cluster names now.
  for (const DesiredListener& listener : desired.listeners) {
    const ListenerSettings& settings = listener.settings;
    if (is_nat(settings.forward) || !settings.address.is_host()) continue;
    const uint32_t slot = index(listener.id.slot);
    if (probes->listener_addresses.size() <= slot) probes->listener_addresses.resize(slot + 1);
    probes->listener_addresses[slot] = settings.address.address();
  }
  return probes;
}

FlowTimeouts timeouts_of(const FlowSettings& flows) {
  return {flows.half_open_timeout_ms, flows.established_timeout_ms, flows.closing_timeout_ms,
          flows.udp_timeout_ms};
}

}  // namespace

std::shared_ptr<const PolicyPart> compile_policy(const Desired& desired, const Compiled& previous) {
  if (previous.desired != nullptr && same_policy(desired, *previous.desired)) {
    return previous.snapshot->policy;
  }
  auto policy = std::make_shared<PolicyPart>();
  policy->listeners = listeners_of(desired);
  policy->asks_sources =
      std::ranges::any_of(policy->listeners.policies, [](const ListenerPolicy& one) {
        return one.admission != nullptr &&
               !(one.admission->allow.empty() && one.admission->deny.empty());
      });
  policy->clamps_mss =
      std::ranges::any_of(policy->listeners.policies,
                          [](const ListenerPolicy& one) { return one.mss_clamp_bytes != 0; });
  policy->probes = probes_of(desired);
  policy->new_flows_per_s_max = desired.flows.new_flows_per_s_max;
  policy->transit = desired.transit;
  policy->timeouts = timeouts_of(desired.flows);
  policy->set_workers(desired.worker_weights);
  policy->hash_seed = desired.hash_seed;
  return policy;
}

}  // namespace weft::mgmt
