#include "dataplane/wire/tcp.h"

namespace weft {

// Summed as it is written: a sum of bytes just written waits for the stores.
void write_tcp_header(std::byte* to, const TcpHeader& header, InternetSum pseudo_header) {
  InternetSum sum = pseudo_header;
  const auto put = [&](uint32_t at, be32 words) {
    store(to + at, words);
    sum.add(words);
  };
  put(0, be32(uint32_t{header.source_port.host()} << 16 | header.destination_port.host()));
  put(4, be32(header.sequence));
  put(8, be32(header.acknowledgment));
  put(12, be32(header.bytes() / 4 << 28 | uint32_t{header.flags} << 16 | header.window));
  for (uint32_t at = TcpView::header_bytes_min; at < header.bytes(); at += sizeof(be32)) {
    put(at, load<be32>(&header.options[at - TcpView::header_bytes_min]));
  }
  store(to + 16, uint32_t{sum.checksum().raw});  // and no urgent pointer
}

}  // namespace weft
