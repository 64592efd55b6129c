#include "dataplane/wire/tcp.h"

#include <algorithm>

namespace weft {

void write_tcp_header(std::byte* to, const TcpHeader& header, InternetSum pseudo_header) {
  store(to, header.source_port);
  store(to + 2, header.destination_port);
  store(to + 4, be32(header.sequence));
  store(to + 8, be32(header.acknowledgment));
  to[12] = std::byte(header.bytes() / 4 << 4);
  to[13] = std::byte{header.flags};
  store(to + 14, be16(header.window));
  std::memset(to + 16, 0, 4);  // checksum, urgent pointer
  std::ranges::copy(header.options, to + TcpView::header_bytes_min);
  store(to + 16, pseudo_header.add(std::span(to, header.bytes())).checksum());
}

}  // namespace weft
