// One packet's way through the stages, as an operator asks for it: what it looks like after each.
// The stages are those of L4::process, run on tables that stand in for the worker's (L4::rehearse),
// so nothing of the worker changes: no entry, no counter, no token.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipelines/endpoint_states.h"
#include "pipelines/l4/decision.h"

namespace weft {

// The packet after a stage. Values only: it outlives the snapshot.
struct StageSight {
  std::string_view stage;
  Outcome outcome;
  bool refused = false;   // its sender is owed a reply
  bool answered = false;  // it is now that reply
  Refusal refusal;        // of one that is refused or answered
  Headers headers;
  // What was decided, where there is a decision yet.
  AddressOwner owner = AddressOwner::nobody;
  Direction direction = Direction::to_endpoint;
  ListenerSlot listener = none<ListenerSlot>;
  bool to_listener = false;
  Forward forward = Forward::nat;  // of the listener, where it goes to one
  EndpointSlot endpoint = none<EndpointSlot>;
  IpAddress endpoint_address;
  be16 endpoint_port;
  EndpointState endpoint_state = EndpointState::down;
};

class Rehearsal {
 public:
  static constexpr uint32_t stages_max = 32;

  std::span<const StageSight> sights() const { return {sights_.data(), count_}; }
  void see(std::string_view stage, const Burst& burst, const Decision& decision,
           const Snapshot& snapshot, const EndpointStates& states);

 private:
  std::array<StageSight, stages_max> sights_;
  uint32_t count_ = 0;
};

}  // namespace weft
