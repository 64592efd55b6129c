#include "mgmt/capture/compile_filter.h"

#include <pcap/pcap.h>

#include <memory>

namespace weft::mgmt {

Result<std::vector<FilterInstruction>> compile_filter(const std::string& filter) {
  std::vector<FilterInstruction> instructions;
  if (filter.empty()) return instructions;
  constexpr int snap_bytes = UINT16_MAX;
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> ethernet(
      pcap_open_dead(DLT_EN10MB, snap_bytes), &pcap_close);
  bpf_program program{};
  if (ethernet == nullptr ||
      pcap_compile(ethernet.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    const std::string why = ethernet == nullptr ? "out of memory" : pcap_geterr(ethernet.get());
    return fail("the filter \"" + filter + "\" is not understood: " + why, Fault::operator_input);
  }
  for (u_int i = 0; i < program.bf_len; ++i) {
    const bpf_insn& each = program.bf_insns[i];
    instructions.push_back({each.code, each.jt, each.jf, each.k});
  }
  pcap_freecode(&program);
  return instructions;
}

}  // namespace weft::mgmt
