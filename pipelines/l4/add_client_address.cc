#include "pipelines/l4/add_client_address.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/write_ip_header.h"

namespace weft {

namespace {

constexpr uint32_t tcp_offset_and_flags = 12;  // offsets from the TCP header
constexpr uint32_t tcp_checksum_offset = 16;

using Option = std::array<std::byte, toa_bytes(false)>;

Option option_of(const Headers& headers) {
  Option option{};
  option[0] = std::byte{toa_kind};
  option[1] = std::byte(toa_bytes(headers.v4));
  store(&option[2], headers.source_port);
  if (headers.v4) {
    store(&option[4], headers.source.v4());
  } else {
    store(&option[4], headers.source.bytes());
  }
  return option;
}

// Nobody but the gateway says who the client is: such options of the client's own become padding.
void blank_forged(std::span<std::byte> header) {
  TcpEdit edit(header);
  for_each_tcp_option(header, [](uint8_t kind, std::span<std::byte> option) {
    if (kind == toa_kind) std::ranges::fill(option, std::byte{tcp_option::padding});
  });
  edit.finish();
}

}  // namespace

bool add_client_address(Packet packet, Headers& headers, uint16_t mtu_bytes) {
  const uint32_t bytes = toa_bytes(headers.v4);
  const auto tcp = TcpView::parse(packet.linear().subspan(headers.l4_offset));
  if (!tcp) return false;
  blank_forged(packet.linear().subspan(headers.l4_offset, tcp->header_bytes()));
  if (tcp->header_bytes() + bytes > tcp_header_bytes_max) return false;
  if (mtu_bytes != 0 && headers.ip_bytes + bytes > mtu_bytes) return false;
  if (packet.headroom_bytes() < bytes) return false;

  // The headers move to the front; the payload stays where it is.
  const uint32_t headers_end = headers.l4_offset + tcp->header_bytes();
  const std::byte* before = packet.data();
  std::byte* frame = packet.prepend(bytes);
  std::memmove(frame, before, headers_end);
  const Option option = option_of(headers);
  std::memcpy(frame + headers_end, option.data(), bytes);

  std::byte* l4 = frame + headers.l4_offset;
  const be16 old_word = load<be16>(l4 + tcp_offset_and_flags);
  const be16 new_word(static_cast<uint16_t>(old_word.host() + (bytes / 4 << 12)));
  store(l4 + tcp_offset_and_flags, new_word);
  // What the checksum covers: the data offset, the option, and the length in the pseudo header.
  ChecksumEdit edit;
  edit.replace(old_word, new_word);
  edit.replace(be16(0), be16(static_cast<uint16_t>(bytes)));
  for (uint32_t i = 0; i < bytes; i += sizeof(be32)) {
    edit.replace(be32(0), load<be32>(&option[i]));
  }
  store(l4 + tcp_checksum_offset, edit.apply(load<be16>(l4 + tcp_checksum_offset)));
  write_ip_bytes(packet, headers, headers.ip_bytes + bytes);
  return true;
}

}  // namespace weft
