#include "dataplane/wire/tcp.h"

namespace weft {

void write_tcp_header(std::byte* to, const TcpHeader& header, InternetSum pseudo_header) {
  store(to, header.source_port);
  store(to + 2, header.destination_port);
  store(to + 4, be32(header.sequence));
  store(to + 8, be32(header.acknowledgment));
  to[12] = std::byte{TcpView::header_bytes_min / 4 << 4};
  to[13] = std::byte{header.flags};
  std::memset(to + 14, 0, 6);  // window, checksum, urgent pointer
  store(to + 16, pseudo_header.add(std::span(to, TcpView::header_bytes_min)).checksum());
}

}  // namespace weft
