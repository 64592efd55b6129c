// The addresses of the simulated network and the random numbers of a run.
//
//   clients 198.51.100.0/24 -- router 10.0.0.253 -- gateway 10.0.0.254 -- endpoints 10.0.0.0/24
//
// The listeners are on 203.0.113.0/24, and there is one interface.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/model/kernel_view.h"
#include "mgmt/model/model.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

inline constexpr const char* gateway_mac = "02:00:00:00:00:01";
inline constexpr const char* router_mac = "02:00:00:00:00:fd";

inline constexpr int sent_ttl = 64;  // by clients and endpoints

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // 0 to `bound` - 1. Requires: bound > 0.
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  bool happens(uint32_t percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

constexpr bool is_v6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

// One cluster with a listener of its own, named alike.
struct Service {
  std::string name;
  std::string address;  // of the listener
  uint16_t port = 0;    // of the listener
  Protocol protocol = Protocol::tcp;
  Forward forward = Forward::nat;
  std::vector<std::string> endpoints;          // addresses; of no other service
  std::vector<std::string> spares;             // addresses that a reload may add
  uint16_t endpoint_port = 0;                  // but with nat and fullnat the listener's
  ClientAddress header = ClientAddress::none;  // fullnat and TCP: what begins a stream

  std::vector<std::string> all_endpoints() const;
};

// tcp and udp, each by nat and by ipip, all of IPv4.
std::vector<Service> services();
// Five of any mode, protocol and pair of families that the mode can join; fullnat more often, with
// and without PROXY headers.
std::vector<Service> draw_services(Random& random);
// That of another endpoint differs in two bits at least.
std::string endpoint_mac(std::string_view address);
std::string client_address(const Service& service, uint64_t number);  // 1 to 250

// ---- packets
void put_addresses(test::FrameBuilder& frame, std::string_view source,
                   std::string_view destination);
// What an endpoint of this mode finds in a frame: the packet inside the tunnel, or the frame's own.
// Absent: not what the mode makes.
std::optional<test::Decoded> unwrap(const test::Decoded& frame, Forward forward);
// A gateway says by it that it wants no such packet: a reset, or an ICMP error.
bool is_refusal(const test::Decoded& packet);

// ---- configuration
inline constexpr Duration half_open_timeout = seconds(1);
inline constexpr Duration established_timeout = seconds(20);
inline constexpr Duration closing_timeout = seconds(1);
inline constexpr Duration udp_timeout = seconds(2);

inline constexpr milliseconds probe_interval{200};
inline constexpr milliseconds probe_timeout{100};
inline constexpr uint32_t probe_fall = 2;

inline constexpr uint32_t new_flows_per_s_max = 600;  // of a worker: more are an attack

mgmt::ClusterSettings cluster_of(const Service& service);
mgmt::ListenerSettings listener_of(const Service& service);
mgmt::Model model_of(const std::vector<Service>& services, std::string_view hash_seed);
// All links are up, all neighbours known, those of spares too.
mgmt::KernelView kernel_view(const std::vector<Service>& services);

}  // namespace weft::sim
