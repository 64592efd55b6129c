#include "pipelines/l4/handshake.h"

#include <algorithm>
#include <array>

#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/segment.h"
#include "pipelines/l4/write_ip_header.h"

namespace weft {
namespace {

constexpr uint32_t options_bytes_max = 20;
using OptionBytes = std::array<std::byte, options_bytes_max>;

// Options in whole words, as they are summed.
class OptionWriter {
 public:
  explicit OptionWriter(OptionBytes& to) : to_(to) {}

  OptionWriter& word(uint32_t value) {
    store(&to_[bytes_], be32(value));
    bytes_ += sizeof(be32);
    return *this;
  }
  OptionWriter& word(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return word(uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d);
  }
  std::span<const std::byte> bytes() const { return std::span(to_).first(bytes_); }

 private:
  OptionBytes& to_;
  uint32_t bytes_ = 0;
};

// With SACK permitted, or padding in its place.
void write_timestamps(OptionWriter& writer, bool sack, uint32_t timestamp, uint32_t echo) {
  const uint8_t first = sack ? tcp_option::sack_permitted : tcp_option::padding;
  const uint8_t second = sack ? 2 : tcp_option::padding;
  writer.word(first, second, tcp_option::timestamps, 10).word(timestamp).word(echo);
}

// Of a SYN.
std::span<const std::byte> write_syn_options(OptionBytes& to, const SynOptions& options) {
  OptionWriter writer(to);
  writer.word(uint32_t{tcp_option::mss_value} << 24 | 4 << 16 | options.mss_bytes);
  if (options.timestamps) {
    write_timestamps(writer, options.sack, options.timestamp, options.echo);
  }
  if (options.window_scale != SynOptions::no_window_scale) {
    writer.word(tcp_option::padding, tcp_option::window_scale, 3, options.window_scale);
  }
  return writer.bytes();
}

// What fits into one segment on the way to the endpoint.
uint16_t mss_of(uint16_t mtu_bytes, bool v4) {
  constexpr uint16_t usual_mtu_bytes = 1500;
  const uint32_t around = own_ip_header_bytes(v4) + TcpView::header_bytes_min;
  const uint32_t fit_bytes = mtu_bytes == 0 ? usual_mtu_bytes : mtu_bytes;
  return static_cast<uint16_t>(std::max(fit_bytes, around + SynOptions{}.mss_bytes) - around);
}

}  // namespace

bool make_cookie_answer(Packet packet, Headers& headers, SynCookies& cookies, uint16_t mtu_bytes,
                        Instant now) {
  const auto header = tcp_header(packet, headers);
  const uint32_t sequence = TcpView::parse(header)->sequence();
  const SynOptions offered = SynOptions::of(header);
  const SynCookies::Cookie cookie = cookies.make(headers, sequence, offered, now);
  SynOptions ours = cookie.carried;
  ours.mss_bytes = mss_of(mtu_bytes, headers.v4);
  ours.timestamp = cookie.timestamp;
  ours.echo = offered.timestamp;
  if (ours.window_scale != SynOptions::no_window_scale) ours.window_scale = promised_window_scale;
  OptionBytes options;
  // A window of one segment: more than that is not held until the endpoint has answered.
  const TcpHeader answer{.source_port = headers.destination_port,
                         .destination_port = headers.source_port,
                         .sequence = cookie.sequence,
                         .acknowledgment = sequence + 1,
                         .flags = tcp_flag::syn | tcp_flag::ack,
                         .window = ours.mss_bytes,
                         .options = write_syn_options(options, ours)};
  return make_segment(packet, headers, {headers.destination, headers.source}, answer);
}

bool make_client_syn(Packet packet, Headers& headers, const Stream& stream) {
  SynOptions offered = stream.offered;
  offered.echo = 0;
  OptionBytes options;
  const TcpHeader syn{.source_port = headers.source_port,
                      .destination_port = headers.destination_port,
                      .sequence = stream.client_isn,
                      .flags = tcp_flag::syn,
                      .window = stream.client_window,
                      .options = write_syn_options(options, offered)};
  return make_segment(packet, headers, {headers.source, headers.destination}, syn);
}

bool make_client_ack(Packet packet, Headers& headers, const StreamSides& sides,
                     const Stream& stream) {
  const SynOptions answer = SynOptions::of(tcp_header(packet, headers));
  OptionBytes options;
  OptionWriter writer(options);
  if (stream.offered.timestamps) {
    write_timestamps(writer, false, answer.echo, stream.offered.echo);
  }
  const TcpHeader ack{.source_port = sides.client_port,
                      .destination_port = sides.listener_port,
                      .sequence = stream.client_isn + 1,
                      .acknowledgment = stream.promised_isn + 1,
                      .flags = tcp_flag::ack,
                      .window = stream.client_window,
                      .options = writer.bytes()};
  return make_segment(packet, headers, {sides.client, sides.listener}, ack);
}

bool make_client_reset(Packet packet, Headers& headers, const StreamSides& sides) {
  const auto answer = TcpView::parse(tcp_header(packet, headers));
  const TcpHeader reset{.source_port = sides.client_port,
                        .destination_port = sides.listener_port,
                        .sequence = answer->acknowledgment(),
                        .flags = tcp_flag::rst};
  return make_segment(packet, headers, {sides.client, sides.listener}, reset);
}

std::optional<ProvenClient> proven_client(Packet packet, const Headers& headers,
                                          const SynCookies& cookies, Instant now) {
  constexpr uint8_t others = tcp_flag::syn | tcp_flag::rst;
  if ((headers.tcp_flags & tcp_flag::ack) == 0 || (headers.tcp_flags & others) != 0) return {};
  const auto header = tcp_header(packet, headers);
  const auto ack = TcpView::parse(header);
  ProvenClient client;
  client.isn = ack->sequence() - 1;
  client.cookie = ack->acknowledgment() - 1;
  const auto carried =
      cookies.read(headers, client.isn, client.cookie, SynOptions::of(header), now);
  if (!carried || !l4_checksum_verifies(packet, headers)) return {};
  client.options = *carried;
  client.window = load<be16>(&header[14]).host();
  return client;
}

void begin_opening(Stream& stream, const ProvenClient& client) {
  stream.client_isn = client.isn;
  stream.promised_isn = client.cookie;
  stream.offered = client.options;
  stream.client_window = client.window;
}

bool learn_shifts(Packet packet, const Headers& headers, Stream& stream) {
  const auto header = tcp_header(packet, headers);
  const SynOptions granted = SynOptions::of(header);
  const SynOptions& offered = stream.offered;
  if (offered.timestamps && !granted.timestamps) return false;
  stream.endpoint_shift = stream.promised_isn - TcpView::parse(header)->sequence();
  if (offered.timestamps) stream.timestamp_shift = offered.echo - granted.timestamp;
  stream.blanks_blocks = offered.sack && !granted.sack;
  if (offered.window_scale != SynOptions::no_window_scale) {
    // RFC 7323, 2.2: it is scaled in both directions or in none.
    const bool scales = granted.window_scale != SynOptions::no_window_scale;
    stream.upscale_to_client =
        static_cast<int8_t>((scales ? granted.window_scale : 0) - promised_window_scale);
    stream.upscale_to_endpoint = static_cast<int8_t>(scales ? 0 : offered.window_scale);
  }
  return true;
}

}  // namespace weft
