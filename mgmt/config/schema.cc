#include "mgmt/config/schema.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "mgmt/config/fields.h"

namespace weft::mgmt::config {

namespace {

constexpr std::array section_table = {
    Section{"", "the file", "Tables and lists of tables at the top of the file."},
    Section{"gateway", "[gateway]", "The gateway as a whole."},
    Section{"gateway.flows", "[gateway.flows]",
            "Connection tracking: how many flows each worker remembers, and how long silent ones."},
    Section{"gateway.sync", "[gateway.sync]",
            "Gateways of a fleet tell each other which TCP connections of tunnel and `direct` "
            "listeners are not where the present tables would place them, so that they go on at "
            "whichever gateway their packets come to."},
    Section{"admin", "[admin]", "How the gateway is watched and told what to do."},
    Section{"log", "[log]", "JSON lines on standard error."},
    Section{
        "interface", "[[interface]]",
        "Where frames enter and leave: one or several DPDK devices, and the tap interface (twin) "
        "that stands beside them in the kernel."},
    Section{"interface.routes", "[[interface.routes]]",
            "Routes of the kernel through the twin; the workers follow them too."},
    Section{
        "listener", "[[listener]]",
        "An address, protocol and port that traffic comes in on, and the cluster it goes to. Of "
        "listeners that overlap, the longer prefix wins, then the narrower port range."},
    Section{"listener.quic", "[[listener.quic]]",
            "A configuration that servers make QUIC connection ids by "
            "(draft-ietf-quic-load-balancers): their `server_id` is in them, so a client that "
            "changes address keeps its endpoint. Several are in use while one replaces another. "
            "In the clear, or with `key` or `key_file` encrypted."},
    Section{"cluster", "[[cluster]]", "Endpoints with one balancing, health and failover policy."},
    Section{"cluster.endpoints", "[[cluster.endpoints]]",
            "An endpoint is a string, its address, or a table with these keys."},
    Section{
        "cluster.health", "[cluster.health]",
        "Active probes, from the kernel's own sockets. An endpoint is found down at most `fall` "
        "times `interval_ms` plus `timeout_ms` after it stopped answering. Either `tcp` or "
        "`http` must be given."},
    Section{"prefix_list", "[[prefix_list]]",
            "Sources of packets that listeners allow or deny. Either `prefixes` or `file` must be "
            "given."},
};

constexpr Key top_keys[] = {
    {.name = "gateway",
     .field = table<&Model::gateway>(),
     .fallback = value("{}"),
     .says = "The gateway as a whole."},
    {.name = "admin",
     .field = table<&Model::admin>(),
     .fallback = value("{}"),
     .says = "How the gateway is watched and told what to do."},
    {.name = "log",
     .field = table<&Model::log>(),
     .fallback = value("{}"),
     .says = "JSON lines on standard error."},
    {.name = "interface",
     .field = table<&Model::interfaces>(),
     .fallback = required,
     .limits = {.items_max = interfaces_max},
     .applies = Applies::restart,
     .says = "Where frames enter and leave; at least one."},
    {.name = "listener",
     .field = table<&Model::listeners>(),
     .fallback = value("[]"),
     .limits = {.items_max = listeners_max},
     .says = "Addresses that traffic comes in on."},
    {.name = "cluster",
     .field = table<&Model::clusters>(),
     .fallback = value("[]"),
     .limits = {.items_max = clusters_max},
     .says = "Where traffic goes."},
    {.name = "prefix_list",
     .field = table<&Model::prefix_lists>(),
     .fallback = value("[]"),
     .limits = {.items_max = 256},
     .says = "Prefixes that listeners allow or deny."},
};

std::vector<Key> joined() {
  std::vector<Key> all(std::begin(top_keys), std::end(top_keys));
  for (const auto part : {gateway_keys(), sync_keys(), interface_keys(), traffic_keys(),
                          quic_keys(), prefix_list_keys()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::span<const Key> schema() {
  static const std::vector<Key> all = joined();
  return all;
}

const Key* find_key(std::string_view section, std::string_view name) {
  for (const Key& key : schema()) {
    if (key.section == section && key.name == name) return &key;
  }
  return nullptr;
}

std::span<const Section> sections() {
  return section_table;
}

const Section& section(std::string_view path) {
  const auto found = std::find_if(section_table.begin(), section_table.end(),
                                  [path](const Section& s) { return s.path == path; });
  CHECK(found != section_table.end());
  return *found;
}

}  // namespace weft::mgmt::config
