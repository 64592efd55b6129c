#include "tests/sim/network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <span>

namespace weft::sim {

static IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

// The last number of an address as it is written.
static uint8_t number_of(std::string_view address) {
  const std::size_t at = address.find_last_of(".:") + 1;
  return static_cast<uint8_t>(std::stoi(std::string(address.substr(at))));
}

static std::vector<std::string> addresses(bool v6, uint64_t first, uint64_t count) {
  std::vector<std::string> all;
  for (uint64_t number = first; number < first + count; ++number) {
    all.push_back(fmt::format("{}{}", v6 ? "fd00::" : "10.0.0.", number));
  }
  return all;
}

// The `number`th of its world, which has ten numbers for its endpoints.
static Service service(uint64_t number, Protocol protocol, Forward forward, bool v6,
                       bool endpoints_v6) {
  const bool udp = protocol == Protocol::udp;
  const uint64_t first = 10 * number + 1;
  Service made{.name = fmt::format("{}-{}{}{}to{}", number, udp ? "udp-" : "tcp-", name(forward),
                                   v6 ? 6 : 4, endpoints_v6 ? 6 : 4),
               .address = fmt::format("{}{}", v6 ? "2001:db8:113::" : "203.0.113.", number + 1),
               .port = static_cast<uint16_t>(udp ? 53 : 80),
               .protocol = protocol,
               .forward = forward,
               .endpoints = addresses(endpoints_v6, first, udp ? 3 : 4),
               .spares = addresses(endpoints_v6, first + 5, 2)};
  made.endpoint_port = is_nat(forward) ? static_cast<uint16_t>(made.port + 8000) : made.port;
  return made;
}

std::vector<Service> services() {
  std::vector<Service> all;
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
    for (const Forward forward : {Forward::nat, Forward::ipip}) {
      all.push_back(service(all.size(), protocol, forward, false, false));
    }
  }
  return all;
}

std::vector<Service> draw_services(Random& random) {
  constexpr std::size_t services_max = 5;
  std::vector<Service> all;
  while (all.size() < services_max) {
    const auto protocol = random.happens(60) ? Protocol::tcp : Protocol::udp;
    const uint64_t dice = random.below(forward_names.size() + 2);
    const auto forward =
        dice < forward_names.size() ? static_cast<Forward>(dice) : Forward::fullnat;
    const bool v6 = random.happens(50);
    const bool crosses = !is_nat(forward) && random.happens(50);
    all.push_back(service(all.size(), protocol, forward, v6, v6 != crosses));
    if (forward == Forward::fullnat && protocol == Protocol::tcp) {
      static constexpr std::array headers = {ClientAddress::none, ClientAddress::proxy_v1,
                                             ClientAddress::proxy_v2};
      all.back().header = headers[random.below(headers.size())];
    }
  }
  return all;
}

std::vector<std::string> Service::all_endpoints() const {
  std::vector<std::string> all = endpoints;
  all.insert(all.end(), spares.begin(), spares.end());
  return all;
}

static std::array<uint8_t, 6> mac_of(std::string_view address) {
  const uint8_t number = number_of(address);
  return {
      2, 0, 0, static_cast<uint8_t>(is_v6(address) ? 6 : 3), number, static_cast<uint8_t>(~number)};
}

std::string endpoint_mac(std::string_view address) {
  return fmt::format("{:02x}", fmt::join(mac_of(address), ":"));
}

std::string client_address(const Service& service, uint64_t number) {
  return fmt::format("{}{}", is_v6(service.address) ? "2001:db8:c::" : "198.51.100.", number);
}

void put_addresses(test::FrameBuilder& frame, std::string_view source,
                   std::string_view destination) {
  is_v6(source) ? frame.ipv6(source, destination) : frame.ipv4(source, destination);
}

// RFC 2784 without options; the protocol is an EtherType.
static std::optional<test::Decoded> unwrap_gre(const test::Decoded& frame) {
  constexpr std::size_t header_bytes = 4;
  if (frame.protocol != IPPROTO_GRE || frame.payload.size() <= header_bytes) return std::nullopt;
  const std::span<const std::byte> bytes(frame.payload);
  const test::Decoded inner = test::decode_ip(bytes.subspan(header_bytes));
  const bool v6 = inner.version == 6;
  const std::array header{std::byte{0}, std::byte{0}, std::byte(v6 ? 0x86 : 0x08),
                          std::byte(v6 ? 0xdd : 0x00)};
  if (!std::ranges::equal(bytes.first(header_bytes), header)) return std::nullopt;
  return inner;
}

std::optional<test::Decoded> unwrap(const test::Decoded& frame, Forward forward) {
  constexpr int gue_port = 6080;
  if (!is_tunnel(forward)) return frame;
  if (forward == Forward::gre) return unwrap_gre(frame);
  if (frame.payload.empty()) return std::nullopt;
  const test::Decoded inner = test::decode_ip(frame.payload);
  if (forward == Forward::gue) {
    const bool right = frame.protocol == IPPROTO_UDP && frame.destination_port == gue_port;
    return right ? std::optional(inner) : std::nullopt;
  }
  const int protocol = inner.version == 6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
  return frame.protocol == protocol ? std::optional(inner) : std::nullopt;
}

bool is_refusal(const test::Decoded& packet) {
  if (packet.icmp_type >= 0) return true;
  const bool reset = packet.protocol == IPPROTO_TCP && (packet.flags & tcp_flag::rst) != 0;
  return reset && packet.tcp_options.empty();
}

mgmt::ClusterSettings cluster_of(const Service& service) {
  mgmt::ClusterSettings cluster;
  cluster.name = service.name;
  for (const std::string& address : service.endpoints) {
    cluster.endpoints.push_back({address, service.endpoint_port, 1});
  }
  cluster.health = mgmt::HealthSettings{
      .interval_ms = probe_interval, .timeout_ms = probe_timeout, .fall = probe_fall, .rise = 2};
  cluster.on_endpoint_down = is_nat(service.forward) ? OnEndpointDown::reset : OnEndpointDown::move;
  cluster.resolve_interval_ms = seconds(10);
  return cluster;
}

mgmt::ListenerSettings listener_of(const Service& service) {
  mgmt::ListenerSettings listener;
  listener.name = listener.cluster = service.name;
  listener.address = IpPrefix::parse(service.address).value();
  listener.first_port = listener.last_port = service.port;
  listener.protocol = service.protocol;
  listener.forward = service.forward;
  listener.client_address = service.header;
  return listener;
}

static milliseconds ms(Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration);
}

mgmt::Model model_of(const std::vector<Service>& services, std::string_view hash_seed) {
  mgmt::Model model;
  model.gateway.name = "gw-1";
  model.gateway.workers = {0, 1};
  model.gateway.hash_seed = hash_seed;
  model.gateway.withdraw_ms = seconds(2);
  model.gateway.drain_timeout_ms = seconds(30);
  model.gateway.ready_after_ms = seconds(10);
  model.gateway.generations_max = 8;
  model.flows.half_open_timeout_ms = ms(half_open_timeout);
  model.flows.established_timeout_ms = ms(established_timeout);
  model.flows.closing_timeout_ms = ms(closing_timeout);
  model.flows.udp_timeout_ms = ms(udp_timeout);
  model.flows.new_flows_per_s_max = new_flows_per_s_max;
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.interfaces[0].mtu_bytes = 1500;
  for (const std::string_view source : {"10.9.0.0/29", "fd00:9::/125"}) {
    model.interfaces[0].source_addresses.push_back(IpPrefix::parse(source).value());
  }
  for (const Service& service : services) {
    model.clusters.push_back(cluster_of(service));
    model.listeners.push_back(listener_of(service));
  }
  return model;
}

static mgmt::KernelNeighbour neighbour(std::string_view address) {
  return {0, ip(address), mac_of(address)};
}

mgmt::KernelView kernel_view(const std::vector<Service>& services) {
  constexpr std::array<uint8_t, 6> router{2, 0, 0, 0, 0, 0xfd};
  mgmt::KernelView view;
  view.links.push_back({.interface = 0,
                        .mac = {2, 0, 0, 0, 0, 1},
                        .mtu_bytes = 1500,
                        .up = true,
                        .addresses = {ip("10.0.0.254"), ip("fd00::254")}});
  for (const std::string_view address : {"10.0.0.253", "fd00::253"}) {
    view.neighbours.push_back({0, ip(address), router});
  }
  for (const Service& service : services) {
    for (const std::string& address : service.all_endpoints()) {
      view.neighbours.push_back(neighbour(address));
    }
  }
  std::ranges::sort(view.neighbours, {}, &mgmt::KernelNeighbour::address);
  view.routes.push_back({.to = IpPrefix::parse("0.0.0.0/0").value(), .gateway = ip("10.0.0.253")});
  view.routes.push_back({.to = IpPrefix::parse("10.0.0.0/24").value()});
  view.routes.push_back({.to = IpPrefix::parse("::/0").value(), .gateway = ip("fd00::253")});
  view.routes.push_back({.to = IpPrefix::parse("fd00::/64").value()});
  return view;
}

}  // namespace weft::sim
