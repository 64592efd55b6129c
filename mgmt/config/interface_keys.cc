#include <array>

#include "dataplane/base/ids.h"
#include "mgmt/config/composite_keys.h"
#include "mgmt/config/fields.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

constexpr auto restart = Applies::restart;

constexpr Key rows[] = {
    {.section = "interface",
     .name = "name",
     .field = field<&InterfaceSettings::name>(),
     .fallback = required,
     .form = &form::name,
     .applies = restart,
     .says = "The name in logs, metrics and `weftctl`."},
    {.section = "interface",
     .name = "device",
     .field = field<&InterfaceSettings::devices>(),
     .fallback = required,
     .limits = {.items_max = workers_max},
     .form = &form::device,
     .applies = restart,
     .says = "The DPDK device; a list where each queue is a device of its own."},
    {.section = "interface",
     .name = "vlan",
     .field = field<&InterfaceSettings::vlan>(),
     .fallback = absent("untagged"),
     .limits = {.min = 1, .max = 4094},
     .applies = restart,
     .says = "The VLAN tag of every frame."},
    {.section = "interface",
     .name = "mtu_bytes",
     .field = field<&InterfaceSettings::mtu_bytes>(),
     .fallback = value("1500"),
     .unit = "bytes",
     .limits = {.min = 1280, .max = 9216},
     .applies = restart,
     .says = "The largest IP packet."},
    {.section = "interface",
     .name = "rss",
     .field = field<&InterfaceSettings::rss>(),
     .fallback = value("\"source\""),
     .applies = restart,
     .says = "What a device with several queues chooses one by, so that a packet arrives at the "
             "worker that owns it: its source, which fits what clients send and the replies to "
             "`fullnat`, or its destination, for an interface to which endpoints reply to `nat`. "
             "`weftctl status --json` says what the devices do."},
    {.section = "interface",
     .name = "twin",
     .field = field<&InterfaceSettings::twin>(),
     .fallback = derived("`weft-NAME` with the interface's name"),
     .form = &form::twin,
     .applies = restart,
     .says = "The tap interface in the kernel."},
    {.section = "interface",
     .name = "addresses",
     .field = field<&InterfaceSettings::addresses>(),
     .fallback = value("[]"),
     .limits = {.items_max = 128},
     .says = "The kernel's addresses on the twin, with prefix length, such as `\"10.0.0.254/24\"`; "
             "IPv4 and IPv6."},
    {.section = "interface",
     .name = "source_addresses",
     .field = field<&InterfaceSettings::source_addresses>(),
     .fallback = value("[]"),
     .limits = {.items_max = 128},
     .says = "Addresses and prefixes that packets of `fullnat` and tunnels come from, towards "
             "endpoints behind this interface, such as `\"10.0.0.240/29\"`; the first of each "
             "family counts. `fullnat` needs one: 64512 flows an address and endpoint."},
    {.section = "interface",
     .name = "routes",
     .field = table<&InterfaceSettings::routes>(),
     .fallback = value("[]"),
     .limits = {.items_max = 1024},
     .says = "Routes through this interface."},
    {.section = "interface.routes",
     .name = "to",
     .field = field<&InterfaceRoute::to>(),
     .fallback = required,
     .says = "The destination prefix, such as `\"0.0.0.0/0\"`."},
    {.section = "interface.routes",
     .name = "via",
     .field = field<&InterfaceRoute::via>(),
     .fallback = required,
     .says = "The next hop, an address in the network of one of the interface's addresses."},
};

}  // namespace

std::span<const Key> interface_keys() {
  return rows;
}

}  // namespace weft::mgmt::config
