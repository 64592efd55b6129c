// Which packets somebody wants to see: a program of libpcap's (classic BPF, as pcap_compile makes
// it for Ethernet). Jumps lead forward only, so a run is bounded by its length.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/wire/packet.h"

namespace weft {

// As libpcap's struct bpf_insn.
struct FilterInstruction {
  uint16_t code = 0;
  uint8_t jump_true = 0;
  uint8_t jump_false = 0;
  uint32_t operand = 0;
  bool operator==(const FilterInstruction&) const = default;
};

class PacketFilter {
 public:
  static constexpr uint32_t instructions_max = 1024;

  // Matches every packet.
  PacketFilter() = default;
  // An empty program matches every packet. Error: too long, or what must not be run.
  static Result<PacketFilter> of(std::vector<FilterInstruction> program);

  // Looks at the first segment only, where the headers are.
  bool matches(Packet packet) const;

 private:
  std::vector<FilterInstruction> program_;
};

}  // namespace weft
