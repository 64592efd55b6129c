// Slots name what configuration and discovery made: small dense numbers, stable over publishes,
// reused only when no worker refers to them. An id adds the generation, so that a reused slot is
// told apart. Slots never leave the process. (ARCHITECTURE.md, decision 5)
#pragma once

#include <cstdint>

namespace weft {

enum class ListenerSlot : uint32_t {};
enum class ClusterSlot : uint32_t {};
enum class EndpointSlot : uint32_t {};

template <class Slot>
inline constexpr Slot none = static_cast<Slot>(UINT32_MAX);

template <class Slot>
constexpr uint32_t index(Slot slot) {
  return static_cast<uint32_t>(slot);
}

template <class Slot>
struct Id {
  Slot slot = none<Slot>;
  uint32_t generation = 0;
  constexpr bool operator==(const Id&) const = default;
};

using ListenerId = Id<ListenerSlot>;
using ClusterId = Id<ClusterSlot>;
using EndpointId = Id<EndpointSlot>;

// The tunnel flow table keeps an endpoint slot in 20 bits, a Maglev table an endpoint in 16.
inline constexpr uint32_t listeners_max = 1u << 14;
inline constexpr uint32_t clusters_max = 1u << 14;
inline constexpr uint32_t endpoints_max = 1u << 20;
inline constexpr uint32_t cluster_endpoints_max = UINT16_MAX;
inline constexpr uint32_t workers_max = 64;
inline constexpr uint32_t interfaces_max = 16;

}  // namespace weft
