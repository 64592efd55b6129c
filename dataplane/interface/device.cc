#include "dataplane/interface/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace weft {

static constexpr std::size_t kernel_name_bytes_max = 15;  // IFNAMSIZ without its end

static tl::unexpected<Error> malformed(std::string_view text, std::string_view why) {
  return fail(fmt::format("device \"{}\": {}", text, why), Fault::operator_input);
}

static std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

static bool all_hex(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// "0000:3b:00.0", or without the domain; lower case with the domain, or empty.
static std::string pci_address_of(std::string_view text) {
  std::string address(text);
  std::ranges::transform(address, address.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (address.size() == 7) address.insert(0, "0000:");
  const std::string_view a = address;
  const bool shaped = a.size() == 12 && a[4] == ':' && a[7] == ':' && a[10] == '.' &&
                      all_hex(a.substr(0, 4)) && all_hex(a.substr(5, 2)) &&
                      all_hex(a.substr(8, 2)) && a[11] >= '0' && a[11] <= '7';
  return shaped ? address : std::string();
}

static std::string wrong_kernel_name(std::string_view name) {
  if (name.empty()) return "the name of the kernel interface is missing";
  if (name.size() > kernel_name_bytes_max) {
    return fmt::format("\"{}\" is longer than the 15 characters of an interface name", name);
  }
  const bool printable = std::ranges::all_of(
      name, [](unsigned char c) { return std::isgraph(c) != 0 && c != '/' && c != ','; });
  if (!printable || name == "." || name == "..") {
    return fmt::format("\"{}\" is no interface name", name);
  }
  return {};
}

static std::string wrong_arguments(std::string_view arguments) {
  for (const std::string_view part : split(arguments, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == part.size()) {
      return fmt::format("\"{}\" is not KEY=VALUE", part);
    }
  }
  return {};
}

static Result<Device> parse_af_xdp(Device device, std::string_view rest) {
  const std::size_t colon = rest.find(':');
  device.kernel_interface = rest.substr(0, colon);
  if (const std::string wrong = wrong_kernel_name(device.kernel_interface); !wrong.empty()) {
    return malformed(device.text, wrong);
  }
  if (colon == std::string_view::npos) return device;
  const std::string_view digits = rest.substr(colon + 1);
  uint32_t queue = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), queue);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
      queue > 1023) {
    return malformed(device.text, fmt::format("\"{}\" is no queue number (0 to 1023)", digits));
  }
  device.queue = queue;
  return device;
}

static Result<Device> parse_named(Device device, std::string_view rest) {
  device.kernel_interface = rest;
  const std::string wrong = wrong_kernel_name(rest);
  return wrong.empty() ? Result<Device>(device) : malformed(device.text, wrong);
}

static Result<Device> parse_arguments(Device device, std::string_view rest) {
  device.arguments = rest;
  const std::string wrong = wrong_arguments(rest);
  return wrong.empty() ? Result<Device>(device) : malformed(device.text, wrong);
}

static Result<Device> parse_virtual(Device device, std::string_view rest) {
  for (const std::string_view part : split(rest, ';')) {
    const std::string_view name = devargs_name(part);
    if (name.empty()) return malformed(device.text, "the name of a virtual device is missing");
    if (name.size() != part.size()) {
      const std::string wrong = wrong_arguments(part.substr(name.size() + 1));
      if (!wrong.empty()) return malformed(device.text, wrong);
    }
    device.virtual_devices.emplace_back(part);
  }
  return device;
}

Result<Device> parse_device(std::string_view text) {
  Device device;
  device.text = text;
  if (device.pci_address = pci_address_of(text); !device.pci_address.empty()) {
    device.kind = DeviceKind::pci;
    return device;
  }
  struct Form {
    std::string_view prefix;
    DeviceKind kind;
    Result<Device> (*parse)(Device, std::string_view);
  };
  static constexpr Form forms[] = {
      {"af_xdp:", DeviceKind::af_xdp, parse_af_xdp},
      {"af_packet:", DeviceKind::af_packet, parse_named},
      {"tap:", DeviceKind::tap, parse_named},
      {"memif:", DeviceKind::memif, parse_arguments},
      {"pcap:", DeviceKind::pcap, parse_arguments},
      {"vdev:", DeviceKind::vdev, parse_virtual},
  };
  for (const Form& form : forms) {
    if (!text.starts_with(form.prefix)) continue;
    device.kind = form.kind;
    return form.parse(device, text.substr(form.prefix.size()));
  }
  return malformed(text,
                   "is neither a PCI address (0000:3b:00.0) nor one of af_xdp:IF, af_packet:IF, "
                   "tap:NAME, memif:KEY=VALUE, pcap:KEY=VALUE, vdev:NAME");
}

// The PCI members of a bonding device: "slave=0000:3b:00.0".
static std::vector<std::string> pci_members(std::string_view virtual_device) {
  std::vector<std::string> members;
  for (const std::string_view part : split(virtual_device, ',')) {
    if (!part.starts_with("slave=")) continue;
    std::string address = pci_address_of(part.substr(std::string_view("slave=").size()));
    if (!address.empty()) members.push_back(std::move(address));
  }
  return members;
}

std::vector<std::string> pci_addresses(const std::vector<Device>& devices) {
  std::vector<std::string> all;
  for (const Device& device : devices) {
    if (device.kind == DeviceKind::pci) all.push_back(device.pci_address);
    for (const std::string& virtual_device : device.virtual_devices) {
      for (std::string& member : pci_members(virtual_device)) all.push_back(std::move(member));
    }
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// The rings of an AF_PACKET socket: frames of equal size in blocks of whole pages, 1024 or so.
// A frame slot holds the kernel's header (at most 82 bytes before the frame), then the frame.
static std::string af_packet_rings(uint32_t frame_bytes_max) {
  constexpr uint32_t slot_header_bytes = 96;
  constexpr uint32_t slot_alignment_bytes = 16;
  constexpr uint32_t block_bytes = 128 * 1024;
  constexpr uint32_t slots_wanted = 1024;
  const uint32_t slot_bytes =
      std::max(2048u, (frame_bytes_max + slot_header_bytes + slot_alignment_bytes - 1) /
                          slot_alignment_bytes * slot_alignment_bytes);
  const uint32_t slots_per_block = block_bytes / slot_bytes;
  const uint32_t blocks = (slots_wanted + slots_per_block - 1) / slots_per_block;
  return fmt::format("blocksz={},framesz={},framecnt={}", block_bytes, slot_bytes,
                     blocks * slots_per_block);
}

std::vector<std::string> devargs(const Device& device, const DevargsRequest& request) {
  const uint32_t i = request.instance;
  const std::string& name = device.kernel_interface;
  switch (device.kind) {
    case DeviceKind::pci:
      return {device.pci_address};
    case DeviceKind::af_xdp:
      // Preferred busy polling makes every empty poll a system call (30 times the cost).
      return {fmt::format("net_af_xdp{},iface={},start_queue={},queue_count=1,busy_budget=0", i,
                          name, request.start_queue)};
    case DeviceKind::af_packet:
      return {fmt::format("net_af_packet{},iface={},qpairs={},{}", i, name, request.queues,
                          af_packet_rings(request.frame_bytes_max))};
    case DeviceKind::tap:
      return {fmt::format("net_tap{},iface={}", i, name)};
    case DeviceKind::memif:
      return {fmt::format("net_memif{},{}", i, device.arguments)};
    case DeviceKind::pcap:
      return {fmt::format("net_pcap{},{}", i, device.arguments)};
    case DeviceKind::vdev:
      break;
  }
  std::vector<std::string> all;
  for (const std::string& virtual_device : device.virtual_devices) {
    for (std::string& member : pci_members(virtual_device)) all.push_back(std::move(member));
    all.push_back(virtual_device);
  }
  return all;
}

std::string_view devargs_name(std::string_view devargs) {
  return devargs.substr(0, devargs.find(','));
}

}  // namespace weft
