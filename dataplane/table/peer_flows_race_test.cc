// One writer, several readers: what is found is what was told, never half of one flow and half of
// another. ThreadSanitizer sees what is not ordered.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "dataplane/table/peer_flows.h"

namespace weft {
namespace {

constexpr uint32_t rounds = 1'000'000;
constexpr uint32_t readers = 3;
constexpr uint32_t flows = 200;  // more than there is room for: entries are replaced all the time

// Flow n is at an endpoint that says so in its address, its port and its slot.
PlacedFlow flow(uint32_t n, uint32_t endpoint) {
  return {.client = IpAddress::v4(be32(0x0a000000 + n)),
          .listener = IpAddress::v4(be32(0xcb007101)),
          .endpoint = IpAddress::v4(be32(0x0a010000 + endpoint)),
          .client_port = be16(1234),
          .listener_port = be16(80),
          .endpoint_port = be16(static_cast<uint16_t>(endpoint))};
}

TEST(PeerFlowsRace, WhatIsFoundIsWhole) {
  PeerFlows table(PeerFlows::flows_min, KeyedHash({1, 2, 3, 4}));
  std::atomic<bool> over{false};
  std::atomic<uint64_t> found{0}, torn{0};
  std::vector<std::thread> racing;
  for (uint32_t r = 0; r < readers; ++r) {
    racing.emplace_back([&, r] {
      for (uint32_t n = r; !over.load(); n = (n + 1) % flows) {
        const PlacedFlow asked = flow(n, 0);
        const auto place =
            table.find(asked.client, asked.client_port, asked.listener, asked.listener_port);
        if (!place) continue;
        found.fetch_add(1);
        const uint32_t endpoint = index(place->slot);
        const bool whole = endpoint % flows == n && place->endpoint == flow(n, endpoint).endpoint &&
                           place->endpoint_port == be16(static_cast<uint16_t>(endpoint));
        torn.fetch_add(whole ? 0 : 1);
      }
    });
  }
  EndpointSlot lost = none<EndpointSlot>;
  const auto tell = [&](uint32_t round) {
    const uint32_t n = round % flows;
    const uint32_t endpoint = n + flows * (round / flows % 100);
    table.put(flow(n, endpoint), {.teller = 1, .at = Instant{}, .slot = EndpointSlot{endpoint}},
              lost);
    if (round % 7 == 0) table.sweep(1, [&](const PeerFlows::Told&) { return round % 2 == 0; });
  };
  uint32_t round = 0;
  while (round < rounds || found.load() < rounds) tell(round++);
  over = true;
  for (std::thread& reader : racing) reader.join();
  EXPECT_EQ(torn.load(), 0u);
}

}  // namespace
}  // namespace weft
