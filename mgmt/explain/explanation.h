// What becomes of a packet and why, stage by stage, in sentences: from what a worker saw of it
// (pipelines/l4/rehearsal.h). Pure functions.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/l4/rehearsal.h"

namespace weft::mgmt {

// What an operator asks about: a packet from its IP header on, or a whole frame.
struct ExplainRequest {
  std::vector<std::byte> bytes;
  bool is_frame = false;  // as it came; else a link header that the interface takes is put in front
  std::string interface;  // where it comes in; empty: the first
};

struct Explanation {
  struct Stage {
    std::string stage;
    std::string says;
  };
  std::string interface;
  std::vector<Stage> stages;
  std::string verdict;  // transmit, twin, hold, drop
  std::string drop;     // what it counts as; empty: no drop
  std::string leaves;   // the interface, of transmit
};

struct ExplainNames {
  std::function<std::string_view(ListenerSlot)> listener;  // empty: there is none
  std::vector<std::string> interfaces;                     // by index
};

// Why a packet ends so, in a clause; empty where the name says all.
std::string_view meaning(Drop drop);

// `handed_off`: what another worker saw before it handed the packet to the one of `sights`; empty
// if none did. Requires: sights is not empty.
Explanation explain(std::span<const StageSight> handed_off, std::span<const StageSight> sights,
                    const ExplainNames& names);

}  // namespace weft::mgmt
