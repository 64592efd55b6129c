#include <fmt/format.h>

#include <algorithm>

#include "mgmt/config/composite_keys.h"
#include "mgmt/config/fields.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

constexpr auto restart = Applies::restart;

// Never quotes the value, which is a secret.
void read_key(Reading& reading, const Key& key, const Node& node, SyncSettings& sync) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  sync.key = node.string;
  if (form::secret.fits(node.string)) return;
  reading.complain(node.at, fmt::format("{} must be {}", key.name, form::secret.words));
}

constexpr Field key_field() {
  Field field = field_of<SyncSettings, read_key>("string");
  field.same = config::field<&SyncSettings::key>().same;
  return field;
}

constexpr Key rows[] = {
    {.section = "gateway.sync",
     .name = "address",
     .field = field<&SyncSettings::address>(),
     .fallback = required,
     .form = &form::peer_address,
     .applies = restart,
     .says =
         "What the peers know this gateway by: it sends from there, and hears them there (UDP). "
         "An address of the kernel's."},
    {.section = "gateway.sync",
     .name = "peers",
     .field = field<&SyncSettings::peers>(),
     .fallback = required,
     .limits = {.items_max = 64},
     .form = &form::peer_address,
     .applies = restart,
     .says = "The `address` of each gateway of the fleet; its own may be among them, so that all "
             "have the same list."},
    {.section = "gateway.sync",
     .name = "key",
     .field = key_field(),
     .fallback = required,
     .form = &form::secret,
     .applies = restart,
     .says = "A secret of the fleet, the same on all gateways: what is not signed with it is not "
             "believed. Client addresses are sent in the clear."},
    {.section = "gateway.sync",
     .name = "flows_max",
     .field = field<&SyncSettings::flows_max>(),
     .fallback = value("65536"),
     .limits = {.min = 1024, .max = 1 << 24, .power_of_two = true},
     .applies = restart,
     .says = "Flows of all peers that are kept, 90 bytes each; beyond that the oldest give way."},
};

}  // namespace

std::span<const Key> sync_keys() {
  return rows;
}

void read_sync(Reading& reading, const Key& key, const Node& node, GatewaySettings&) {
  read_table(reading, key, node, reading.model.sync);
}

}  // namespace weft::mgmt::config
