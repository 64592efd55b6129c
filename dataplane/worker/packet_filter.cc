#include "dataplane/worker/packet_filter.h"

#include <pcap/bpf.h>

#include <cstddef>

namespace weft {

static_assert(sizeof(FilterInstruction) == sizeof(bpf_insn) &&
              offsetof(FilterInstruction, jump_true) == offsetof(bpf_insn, jt) &&
              offsetof(FilterInstruction, operand) == offsetof(bpf_insn, k));

static const bpf_insn* instructions(const std::vector<FilterInstruction>& program) {
  return reinterpret_cast<const bpf_insn*>(program.data());
}

Result<PacketFilter> PacketFilter::of(std::vector<FilterInstruction> program) {
  if (program.size() > instructions_max) {
    return fail("the filter has " + std::to_string(program.size()) + " instructions, more than " +
                    std::to_string(instructions_max) + ": make it simpler",
                Fault::operator_input);
  }
  if (!program.empty() &&
      bpf_validate(instructions(program), static_cast<int>(program.size())) == 0) {
    return fail("the filter is no valid BPF program", Fault::operator_input);
  }
  PacketFilter filter;
  filter.program_ = std::move(program);
  return filter;
}

bool PacketFilter::matches(Packet packet) const {
  if (program_.empty()) return true;
  return bpf_filter(instructions(program_), reinterpret_cast<const u_char*>(packet.data()),
                    packet.bytes(), packet.linear_bytes()) != 0;
}

}  // namespace weft
