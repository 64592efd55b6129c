// The addresses of the simulated network and the random numbers of a run.
//
//   clients 198.51.100.0/24 -- router 10.0.0.253 -- gateway 10.0.0.254 -- endpoints 10.0.0.0/24
//
// The listeners are on 203.0.113.0/24, and there is one interface.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/model/kernel_view.h"
#include "mgmt/model/model.h"

namespace weft::sim {

inline constexpr const char* gateway_mac = "02:00:00:00:00:01";
inline constexpr const char* router_mac = "02:00:00:00:00:fd";

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // 0 to `bound` - 1. Requires: bound > 0.
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  bool happens(uint32_t percent) { return below(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

// One cluster with a listener of its own, named alike.
struct Service {
  std::string name;
  std::string address;  // of the listener
  uint16_t port = 0;    // of the listener
  Protocol protocol = Protocol::tcp;
  Forward forward = Forward::nat;
  std::vector<std::string> endpoints;  // addresses; of no other service
  uint16_t endpoint_port = 0;          // with ipip the listener's
};

// tcp and udp, each by nat and by ipip.
const std::vector<Service>& services();
std::string endpoint_mac(std::string_view address);
// Health checks every 200 ms with timeout 100, fall 2, rise 2.
mgmt::Model model_of(const std::vector<Service>& services, std::string_view hash_seed);
// All links are up, all neighbours known.
mgmt::KernelView kernel_view(const std::vector<Service>& services);

}  // namespace weft::sim
