// What the fuzzed gateway is configured as: a listener of every mode, family and option, in a table
// that the judge reads, too, so that it knows what must become of a packet without asking the path.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/snapshot_builder.h"

namespace weft::fuzz {

struct Service {
  std::string address;  // an address of it, where it is a prefix
  uint16_t first_port = 0, last_port = 0;
  Protocol protocol = Protocol::tcp;
  Forward forward = Forward::nat;
  std::string cluster;
  std::string prefix = {};  // not empty: of all its addresses
  uint16_t mss_clamp_bytes = 0;
  ClientAddress proxy = ClientAddress::none;  // which header its endpoints get
  bool quic = false;                          // its endpoints have server ids
  bool per_packet = false;                    // UDP without flows
  bool lists = false;                         // allows or denies sources
  bool limited = false;                       // bounds its flows
  bool goes = false;                          // is absent in some configurations
};

struct FuzzCluster {
  std::string name;
  std::vector<test::TestEndpoint> endpoints;
  OnEndpointDown on_down = OnEndpointDown::reset;
  uint32_t flows_max = 0;
  bool goes = false;  // loses its last endpoint in some configurations
};

// The settings that a reload changes; each of the 256 is a configuration.
struct Variant {
  static constexpr uint8_t restart_bits = 2;  // no reload changes these

  explicit Variant(uint8_t bits)
      : toa((bits & 1) != 0),
        source_addresses((bits & 2) == 0),
        transit((bits & 4) != 0 ? Transit::twin : Transit::drop),
        mtu_bytes((bits & 8) != 0 ? 1300 : 1500),
        blackholes((bits & 16) != 0),
        unresolved((bits & 32) != 0),
        flood((bits & 64) != 0),
        smaller((bits & 128) != 0) {}

  bool toa;
  bool source_addresses;
  Transit transit;
  uint16_t mtu_bytes;
  bool blackholes;  // of blackholed_clients
  bool unresolved;  // some neighbours are not known
  bool flood;       // few new flows are enough to be one
  bool smaller;     // what `goes` is gone
};

inline constexpr std::string_view own_address = "10.0.0.254";
inline constexpr std::string_view own_address_v6 = "fd00::254";
inline constexpr std::string_view source_prefix = "10.0.0.240/29";
inline constexpr std::string_view source_prefix_v6 = "fd00::240/124";

// By number: plain, blackholed, denied by some, behind a router, without a known neighbour, without
// a route.
inline constexpr std::array<const char*, 6> clients = {"10.0.0.2",   "10.0.0.3", "10.0.0.4",
                                                       "192.0.2.99", "10.0.0.9", "198.51.100.1"};
inline constexpr std::array<const char*, 6> clients_v6 = {"fd00::a2",     "fd00::a3", "fd00::a4",
                                                          "2001:db8::99", "fd00::a9", "2002::1"};

std::span<const Service> services();
std::span<const FuzzCluster> clusters();
const FuzzCluster& cluster_of(const Service& service);

test::SnapshotBuilder configuration_builder(const Variant& variant);
const test::TestGateway& configuration(uint8_t variant);  // built once

// One of the two configurations that connection ids of `quic` services are made by.
QuicLbSettings quic_settings(bool encrypted);

bool is_v4(std::string_view address);
// "10.0.0.0/8" and the like, read anew.
bool is_in(std::string_view prefix, const std::string& address);
// The link address that own_macs() gives.
std::string mac_of(const std::string& address);

}  // namespace weft::fuzz
