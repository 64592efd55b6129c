#include "pipelines/l4/match_listener.h"

namespace weft {

static ListenerKey key_of(const Headers& headers) {
  return {headers.destination, headers.destination_port, headers.protocol};
}

// Of the ranges on the longest prefix that has one for this packet; narrowest first.
static const ListenerSlot* match_range(const ListenerTable& table, const Headers& headers) {
  const uint16_t port = headers.destination_port.host();
  const ListenerRange* matched = nullptr;
  table.ranges.find_if(headers.destination, [&](const std::vector<ListenerRange>& ranges) {
    for (const ListenerRange& range : ranges) {
      if (range.protocol == headers.protocol && range.first_port <= port &&
          port <= range.last_port) {
        matched = &range;
        return true;
      }
    }
    return false;
  });
  return matched == nullptr ? nullptr : &matched->listener;
}

const ListenerSlot* find_listener(const ListenerTable& table, const Headers& headers) {
  const ListenerSlot* slot = table.exact.find(key_of(headers));
  return slot != nullptr ? slot : match_range(table, headers);
}

static AddressOwner owner_of(const ListenerTable& table, const IpAddress& address) {
  const AddressOwner* owner = table.owners.find(address);
  return owner == nullptr ? AddressOwner::nobody : *owner;
}

// The packet has no listener: whose is it?
static void classify(Burst& burst, uint32_t i, Decision& decision, const ListenerTable& table) {
  const Headers& headers = burst.headers[i];
  decision.owner = owner_of(table, headers.destination);
  if (decision.owner == AddressOwner::host) return burst.to_twin(i);
  if (decision.owner == AddressOwner::nobody) {
    decision.direction = Direction::to_client;
    return;
  }
  const bool to_listener = decision.owner == AddressOwner::listener;
  if (headers.payload == Payload::icmp_echo && !to_listener) return burst.to_twin(i);
  const bool reply_to_fullnat =
      decision.owner == AddressOwner::source_addresses && has_ports(headers);
  if (reply_to_fullnat) decision.direction = Direction::to_client;
}

static void set_listener(Decision& decision, ListenerSlot slot, const ListenerTable& table) {
  decision.listener_slot = slot;
  decision.listener = &table.policies[index(slot)];
  __builtin_prefetch(decision.listener);
  decision.owner = AddressOwner::listener;
}

// What has no listener of exactly its address, protocol and port. Out of line, so that the loop
// over all others keeps its registers.
[[gnu::noinline]] static void match_inexact(Burst& burst, uint32_t i, Decision& decision,
                                            const ListenerTable& table) {
  const Headers& headers = burst.headers[i];
  if (headers.payload == Payload::none) return burst.to_twin(i);
  if (has_ports(headers) && !table.ranges.empty()) {
    const ListenerSlot* slot = match_range(table, headers);
    if (slot != nullptr) return set_listener(decision, *slot, table);
  }
  classify(burst, i, decision, table);
}

void match_listener(Burst& burst, Decisions& decisions, const ListenerTable& table) {
  std::array<uint64_t, Burst::packets_max> hashes;
  burst.for_each_live([&](uint32_t i) {
    hashes[i] = hash_of(key_of(burst.headers[i]));
    table.exact.prefetch(hashes[i]);
  });
  // Those without a match come later: where replies are mixed in, no branch can be foretold here.
  uint32_t exact = 0;
  std::array<const ListenerSlot*, Burst::packets_max> slots;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    slots[i] = table.exact.find(key_of(headers), hashes[i]);
    exact |= uint32_t{slots[i] != nullptr && has_ports(headers)} << i;
    decisions[i].clear();
  });
  const uint32_t inexact = burst.live & ~exact;
  Burst::for_each(exact, [&](uint32_t i) { set_listener(decisions[i], *slots[i], table); });
  Burst::for_each(inexact, [&](uint32_t i) { match_inexact(burst, i, decisions[i], table); });
}

}  // namespace weft
