#include "tests/fuzz/services.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "dataplane/base/check.h"

namespace weft::fuzz {
namespace {

using test::SnapshotBuilder;
using test::TestEndpoint;

std::vector<FuzzCluster> make_clusters() {
  return {
      {"four", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}, {"10.0.2.3", 8080}}},
      {"six", {{"fd00::201", 8080}, {"fd00::202", 8080}, {"fd00::203", 8080}}},
      {"mixed", {{"10.0.4.1", 80}, {"10.0.4.2", 80}, {"fd00::401", 80}, {"fd00::402", 80}}},
      {"moved",
       {{"10.0.3.1", 443, 1, "01"},
        {"10.0.3.2", 443, 1, "02"},
        {"fd00::301", 443, 1, "03"},
        {"fd00::302", 443, 1, "04"}},
       OnEndpointDown::move},
      {"sole", {{"10.0.5.1", 8000}}},
      {"sole6", {{"fd00::501", 8000}}},
      {"far", {{"192.0.2.10", 1000}, {"2001:db8::a10", 1000}}},
      {"kept", {{"10.0.6.1", 80}, {"fd00::601", 80}}, OnEndpointDown::keep},
      {"capped", {{"10.0.7.1", 80}, {"10.0.7.2", 80}, {"fd00::701", 80}}, OnEndpointDown::move, 2},
      {"empty", {}},
      {"going",
       {{"10.0.8.1", 80}, {"fd00::801", 80}, {"10.0.8.2", 80}, {"10.0.8.3", 80}},
       OnEndpointDown::move,
       0,
       true},
  };
}

constexpr std::array modes = {Forward::nat, Forward::fullnat, Forward::ipip,
                              Forward::gue, Forward::gre,     Forward::direct};

std::string listener_address(bool v4, std::size_t host) {
  return (v4 ? "203.0.113." : "2001:db8:f::") + std::to_string(host);
}

// Each mode and family, TCP and UDP, without any option.
void add_plain(std::vector<Service>& all) {
  for (std::size_t mode = 0; mode < modes.size(); ++mode) {
    for (const bool v4 : {true, false}) {
      const std::string address = listener_address(v4, 10 + mode);
      const std::string cluster = !is_nat(modes[mode]) ? "mixed" : v4 ? "four" : "six";
      all.push_back({address, 80, 80, Protocol::tcp, modes[mode], cluster});
      all.push_back({address, 53, 53, Protocol::udp, modes[mode], cluster});
    }
  }
}

constexpr auto tcp = Protocol::tcp, udp = Protocol::udp;
constexpr auto nat = Forward::nat, fullnat = Forward::fullnat, direct = Forward::direct;
constexpr auto ipip = Forward::ipip, gue = Forward::gue, gre = Forward::gre;

// What services with the same options differ in between the families.
struct Family {
  bool v4;
  std::string at(std::size_t host) const { return listener_address(v4, host); }
  Forward pick(Forward four, Forward six) const { return v4 ? four : six; }
  std::string cluster() const { return v4 ? "four" : "six"; }
};

// That look into packets, or choose without a flow.
std::vector<Service> with_options(const Family& family) {
  const bool v4 = family.v4;
  return {
      {.address = family.at(20),
       .first_port = 8000,
       .forward = nat,
       .cluster = v4 ? "sole" : "sole6"},
      {.address = family.at(21),
       .first_port = 443,
       .protocol = udp,
       .cluster = "moved",
       .quic = true},
      {.address = family.at(21),
       .first_port = 444,
       .protocol = udp,
       .forward = family.pick(ipip, fullnat),
       .cluster = "moved",
       .quic = true},
      {.address = family.at(22),
       .first_port = 53,
       .protocol = udp,
       .forward = family.pick(ipip, direct),
       .cluster = "mixed",
       .per_packet = true},
      {.address = family.at(23),
       .first_port = 80,
       .forward = family.pick(gre, gue),
       .cluster = "mixed",
       .mss_clamp_bytes = mss_clamp_auto},
      {.address = family.at(24),
       .first_port = 80,
       .forward = family.pick(nat, fullnat),
       .cluster = family.cluster(),
       .mss_clamp_bytes = 1000},
      {.address = family.at(24),
       .first_port = 81,
       .forward = family.pick(fullnat, direct),
       .cluster = family.cluster(),
       .mss_clamp_bytes = mss_clamp_auto},
  };
}

// That put a PROXY header in front of what clients send.
std::vector<Service> with_header(const Family& family) {
  const auto service = [&](uint16_t port, ClientAddress version, uint16_t mss_clamp_bytes) {
    return Service{.address = family.at(32),
                   .first_port = port,
                   .forward = fullnat,
                   .cluster = family.cluster(),
                   .mss_clamp_bytes = mss_clamp_bytes,
                   .proxy = version};
  };
  return {service(80, ClientAddress::proxy_v1, 0), service(81, ClientAddress::proxy_v2, 0),
          service(82, ClientAddress::proxy_v1, mss_clamp_auto),
          service(83, ClientAddress::proxy_v2, 1000)};
}

// That refuse some packets, or all.
std::vector<Service> with_bounds(const Family& family) {
  const bool v4 = family.v4;
  return {
      {.address = family.at(25),
       .first_port = 80,
       .protocol = tcp,
       .forward = family.pick(nat, ipip),
       .cluster = family.cluster(),
       .limited = true},
      {.address = family.at(25),
       .first_port = 53,
       .protocol = udp,
       .forward = family.pick(ipip, fullnat),
       .cluster = family.cluster(),
       .limited = true},
      {.address = family.at(26),
       .first_port = 80,
       .forward = family.pick(ipip, nat),
       .cluster = family.cluster(),
       .lists = true},
      {.address = family.at(27), .first_port = 80, .forward = nat, .cluster = "capped"},
      {.address = family.at(27),
       .first_port = 81,
       .forward = family.pick(fullnat, gre),
       .cluster = "capped"},
      {.address = family.at(28), .first_port = 80, .forward = direct, .cluster = "far"},
      {.address = family.at(29),
       .first_port = 80,
       .forward = family.pick(nat, gre),
       .cluster = "kept"},
      {.address = family.at(29),
       .first_port = 53,
       .protocol = udp,
       .forward = family.pick(nat, gue),
       .cluster = "kept"},
      {.address = family.at(30), .first_port = 53, .protocol = udp, .cluster = "empty"},
      {.address = v4 ? "203.0.113.65" : "2001:db8:f:64::65",
       .first_port = 1000,
       .last_port = 1999,
       .protocol = v4 ? udp : tcp,
       .forward = family.pick(ipip, gue),
       .cluster = "far",
       .prefix = v4 ? "203.0.113.64/28" : "2001:db8:f:64::/64"},
  };
}

std::vector<Service> make_services() {
  std::vector<Service> all;
  add_plain(all);
  for (const bool v4 : {true, false}) {
    for (const auto& some : {with_options({v4}), with_header({v4}), with_bounds({v4})}) {
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  // The last ones: slots of those before stay what they are.
  for (const bool v4 : {true, false}) {
    all.push_back({.address = listener_address(v4, 31),
                   .first_port = 80,
                   .forward = v4 ? Forward::fullnat : Forward::ipip,
                   .cluster = "going",
                   .goes = true});
  }
  for (Service& service : all) {
    if (service.last_port == 0) service.last_port = service.first_port;
  }
  return all;
}

void add_service(SnapshotBuilder& b, const Service& service) {
  const bool prefix = !service.prefix.empty();
  b.listener(prefix ? service.prefix : service.address, service.first_port, service.protocol,
             service.forward, service.cluster, prefix ? HashOn::source : HashOn::five_tuple,
             service.last_port);
  if (service.quic) b.quic({quic_settings(false), quic_settings(true)});
  if (service.per_packet) b.udp(UdpChoice::per_packet);
  b.mss_clamp(service.mss_clamp_bytes).proxy(service.proxy);
  if (service.limited) b.limit({milliseconds(50), milliseconds(250), 6, 3});
  if (service.lists) {
    b.allow({"10.0.0.0/24", "fd00::/16"}).deny({std::string(clients[2]), clients_v6[2]});
  }
}

struct Address {
  std::array<uint8_t, 16> bytes{};
  std::size_t count = 0;  // of bytes: 4 or 16, 0 if it is no address
};

Address parse(const std::string& text) {
  Address address;
  const bool v4 = is_v4(text);
  const bool read = inet_pton(v4 ? AF_INET : AF_INET6, text.c_str(), address.bytes.data()) == 1;
  if (read) address.count = v4 ? 4 : 16;
  return address;
}

}  // namespace

std::span<const Service> services() {
  static const std::vector<Service> all = make_services();
  return all;
}

std::span<const FuzzCluster> clusters() {
  static const std::vector<FuzzCluster> all = make_clusters();
  return all;
}

const FuzzCluster& cluster_of(const Service& service) {
  return *std::ranges::find(clusters(), service.cluster, &FuzzCluster::name);
}

SnapshotBuilder configuration_builder(const Variant& variant) {
  SnapshotBuilder b;
  for (const FuzzCluster& cluster : clusters()) {
    std::vector<TestEndpoint> endpoints = cluster.endpoints;
    const bool goes = cluster.goes && variant.smaller;
    if (goes) endpoints.pop_back();
    b.cluster(cluster.name, endpoints, cluster.on_down);
    if (cluster.flows_max != 0) b.endpoint_flows_max(cluster.flows_max);
    // As if one had come in a moment ago; it is still told of the others' flows.
    if (cluster.goes) b.previously({endpoints.begin(), endpoints.end() - 1});
  }
  for (const Service& service : services()) {
    if (!service.goes || !variant.smaller) add_service(b, service);
  }
  b.own_macs().workers(2).path_mtu(variant.mtu_bytes).transit(variant.transit);
  b.client_address(variant.toa ? ClientAddress::toa : ClientAddress::none);
  if (variant.source_addresses)
    b.source_addresses(source_prefix).source_addresses(source_prefix_v6);
  if (variant.blackholes) b.blackholes({clients[1], clients_v6[1]});
  if (variant.flood) b.new_flows_per_s_max(4);
  for (std::size_t i = 0; i < 3; ++i) b.neighbour(clients[i]).neighbour(clients_v6[i]);
  if (variant.unresolved) {
    for (const char* address : {"10.0.4.1", "fd00::401", "10.0.2.1", "10.0.0.2", "fd00::a2"}) {
      b.unresolved(address);
    }
  }
  return b;
}

const test::TestGateway& configuration(uint8_t variant) {
  static std::array<std::unique_ptr<test::TestGateway>, 256> made;
  if (made[variant] == nullptr) {
    made[variant] =
        std::make_unique<test::TestGateway>(configuration_builder(Variant(variant)).build());
  }
  return *made[variant];
}

QuicLbSettings quic_settings(bool encrypted) {
  if (!encrypted) return {.rotation = 0, .server_id_bytes = 1, .nonce_bytes = 4};
  return {.rotation = 1, .server_id_bytes = 1, .nonce_bytes = 4, .key = Aes128::Key{}};
}

bool is_v4(std::string_view address) {
  return address.find(':') == std::string_view::npos;
}

bool is_in(std::string_view prefix, const std::string& address) {
  const std::size_t slash = prefix.find('/');
  const Address low = parse(std::string(prefix.substr(0, slash))), it = parse(address);
  if (it.count != low.count) return false;
  const std::size_t bits = std::stoul(std::string(prefix.substr(slash + 1)));
  for (std::size_t bit = 0; bit < bits; ++bit) {
    if (((low.bytes[bit / 8] ^ it.bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

std::string mac_of(const std::string& address) {
  const Address it = parse(address);
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "02:00:00:%02x:%02x:%02x", it.count == 4 ? 4 : 6,
                it.bytes[it.count - 2], it.bytes[it.count - 1]);
  return text.data();
}

}  // namespace weft::fuzz
