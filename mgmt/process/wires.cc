#include "mgmt/process/wires.h"

#include <algorithm>

namespace weft::mgmt {

static constexpr uint32_t memory_mib_least = 256;

static Result<DpdkInterfaceSettings> wire_of(const Model& model,
                                             const InterfaceSettings& interface) {
  DpdkInterfaceSettings wire{.name = interface.name,
                             .mtu_bytes = interface.mtu_bytes,
                             .vlan = interface.vlan.has_value(),
                             .workers = static_cast<uint32_t>(model.gateway.workers.size())};
  for (const std::string& text : interface.devices) {
    auto device = parse_device(text);
    if (!device) return tl::unexpected(device.error());
    wire.devices.push_back(*std::move(device));
  }
  const auto interfaces = static_cast<uint32_t>(model.interfaces.size());
  wire.memory_mib = model.gateway.memory_mib != 0
                        ? model.gateway.memory_mib / interfaces
                        : std::max(memory_mib_least / interfaces, memory_mib_wanted(wire));
  return wire;
}

Result<std::vector<DpdkInterfaceSettings>> wires_of(const Model& model) {
  std::vector<DpdkInterfaceSettings> wires;
  for (const InterfaceSettings& interface : model.interfaces) {
    auto wire = wire_of(model, interface);
    if (!wire) return tl::unexpected(wire.error());
    wires.push_back(*std::move(wire));
  }
  return wires;
}

uint32_t packet_memory_mib(const std::vector<DpdkInterfaceSettings>& wires) {
  uint32_t memory_mib = 0;
  for (const DpdkInterfaceSettings& wire : wires) memory_mib += wire.memory_mib;
  return memory_mib;
}

}  // namespace weft::mgmt
