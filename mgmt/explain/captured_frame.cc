#include "mgmt/explain/captured_frame.h"

#include <pcap/pcap.h>

#include <array>
#include <memory>

namespace weft::mgmt {

Result<std::vector<std::byte>> captured_frame(const std::string& file, uint64_t number) {
  const auto refuse = [&](const std::string& what) {
    return fail(file + ": " + what, Fault::operator_input);
  };
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> opened(
      pcap_open_offline(file.c_str(), error.data()), &pcap_close);
  if (opened == nullptr) {
    const std::string why = error.data();  // may begin with the file's name
    return why.starts_with(file) ? fail(why, Fault::operator_input) : refuse(why);
  }
  if (pcap_datalink(opened.get()) != DLT_EN10MB) return refuse("its frames are not Ethernet's");
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  for (uint64_t i = 1; pcap_next_ex(opened.get(), &header, &bytes) == 1; ++i) {
    if (i != number) continue;
    if (header->caplen < header->len) {
      return refuse("frame " + std::to_string(number) + " is cut off after " +
                    std::to_string(header->caplen) + " of " + std::to_string(header->len) +
                    " bytes");
    }
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    return std::vector<std::byte>(first, first + header->caplen);
  }
  return refuse("it has no frame " + std::to_string(number));
}

}  // namespace weft::mgmt
