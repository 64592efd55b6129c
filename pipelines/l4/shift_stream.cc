#include "pipelines/l4/shift_stream.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/segment.h"
#include "pipelines/l4/write_proxy_header.h"

namespace weft {
namespace {

constexpr bool has(const Headers& headers, uint8_t flag) {
  return (headers.tcp_flags & flag) != 0;
}

uint32_t sequence_of(Packet packet, const Headers& headers) {
  return TcpView::parse(tcp_header(packet, headers))->sequence();
}

void blank(std::span<std::byte> option) {
  std::ranges::fill(option, std::byte{tcp_option::padding});
}

void add_to(std::byte* number, uint32_t shift) {
  store(number, be32(load<be32>(number).host() + shift));
}

// Each edge of the blocks of a SACK option (RFC 2018, 3).
void shift_blocks(std::span<std::byte> option, uint32_t shift) {
  for (std::size_t at = 2; at + sizeof(be32) <= option.size(); at += sizeof(be32)) {
    add_to(&option[at], shift);
  }
}

// What a stream may learn from: a damaged number would stay with it.
bool is_intact(Packet packet, const Headers& headers) {
  return headers.payload == Payload::transport && l4_checksum_verifies(packet, headers);
}

// How far a number is behind the client's SYN: 0 is its first byte; of what lies before it, it is
// above all others.
uint32_t behind_syn(uint32_t number, const Stream& stream) {
  return number - (stream.client_isn + 1);
}
constexpr bool before(uint32_t distance) {
  return distance > UINT32_MAX / 2;
}

uint16_t rescaled(uint16_t window, int8_t upscale) {
  if (planted(PlantedBug::window_not_rescaled)) return window;
  const uint32_t scaled = upscale < 0 ? window >> -upscale : uint32_t{window} << upscale;
  return static_cast<uint16_t>(std::min<uint32_t>(scaled, UINT16_MAX));
}

// ---- to the endpoint

// What the client says of the endpoint's bytes.
void unshift_endpoint(TcpEdit& edit, const Headers& headers, const Stream& stream) {
  if (has(headers, tcp_flag::ack)) {
    edit.set_acknowledgment(edit.acknowledgment() - stream.endpoint_shift);
  }
  edit.set_window(rescaled(edit.window(), stream.upscale_to_endpoint));
  for_each_tcp_option(edit.header(), [&](uint8_t kind, std::span<std::byte> option) {
    if (kind == tcp_option::sack && stream.blanks_blocks) {
      blank(option);
    } else if (kind == tcp_option::sack) {
      shift_blocks(option, -stream.endpoint_shift);
    } else if (kind == tcp_option::timestamps && option.size() == 10 &&
               has(headers, tcp_flag::ack)) {
      add_to(&option[6], -stream.timestamp_shift);
    }
  });
}

// Of a stream that is open it may ask for another connection: so does a client that uses its port
// again, or that is seen first by something else than its SYN.
void hear_syn(Packet packet, const Headers& headers, Stream& stream) {
  if (is_unsettled(stream.phase) || !is_intact(packet, headers)) return;
  const uint32_t sequence = sequence_of(packet, headers);
  const bool open = stream.phase == StreamPhase::open;
  stream.asked_again = open && (stream.asked_again || sequence != stream.client_isn);
  stream.client_isn = sequence;
}

// Data that comes with a SYN would lie where the header belongs.
void strip_syn(Packet packet, Headers& headers, const Stream& stream) {
  if (stream.header == ClientAddress::none) return;
  if (headers.payload == Payload::transport) cut_payload(packet, headers);
  TcpEdit edit(tcp_header(packet, headers));
  for_each_tcp_option(edit.header(), [](uint8_t kind, std::span<std::byte> option) {
    if (kind == tcp_option::fast_open) blank(option);
  });
  edit.finish();
}

// FIN and PSH belong to the data that is no longer there.
void cut_data(Packet packet, Headers& headers) {
  cut_payload(packet, headers);
  headers.tcp_flags &= static_cast<uint8_t>(~(tcp_flag::fin | tcp_flag::psh));
  TcpEdit edit(tcp_header(packet, headers));
  edit.set_flags(headers.tcp_flags);
  edit.finish();
}

// Puts the header in front of the payload if it is due and this is the place. False: it is not.
bool put_header(Packet packet, Headers& headers, Stream& stream, uint16_t mtu_bytes) {
  if (headers.payload != Payload::transport || has(headers, tcp_flag::rst)) return false;
  if (planted(PlantedBug::header_sent_once) && stream.header_sent) return false;
  const uint32_t at = behind_syn(sequence_of(packet, headers), stream);
  const bool keeps_alive = at == UINT32_MAX;
  if (at != 0 && !keeps_alive) return false;
  if (keeps_alive) cut_data(packet, headers);
  const bool fits = mtu_bytes == 0 || headers.ip_bytes + stream.header_bytes <= mtu_bytes;
  if (!fits || (stream.header_alone && payload_bytes(packet, headers) != 0)) {
    const bool went_before = std::exchange(stream.header_sent, false);
    if (went_before) return false;
    cut_data(packet, headers);
  }
  ProxyHeader header;
  const StreamSides sides{headers.source, headers.destination, headers.source_port,
                          headers.destination_port};
  const uint32_t bytes = write_proxy_header(header, stream.header, sides);
  if (!prepend_payload(packet, headers, std::span(header).first(bytes))) return false;
  stream.header_sent = true;
  return true;
}

// ---- to the client

// The endpoint's answer to a SYN after the stream was open: another connection begins, whose two
// sides see what the other offers.
void begin_again(Stream& stream) {
  stream.asked_again = false;
  if (stream.header != ClientAddress::none) stream.phase = StreamPhase::header_due;
  stream.header_sent = stream.header_alone = false;
  stream.upscale_to_client = stream.upscale_to_endpoint = 0;
  stream.blanks_blocks = false;
}

// What the endpoint's number of a byte of the client's is to the client, who knows no header.
uint32_t as_client_counts(uint32_t number, const Stream& stream) {
  if (is_unsettled(stream.phase)) return number;
  if (stream.phase == StreamPhase::header_due) {
    const uint32_t distance = behind_syn(number, stream);
    if (before(distance)) return number;
    if (distance < stream.header_bytes) return stream.client_isn + 1;
  }
  return number - stream.client_shift;
}

// An acknowledgement of the whole header opens the stream.
uint32_t acknowledged(uint32_t number, Packet packet, const Headers& headers, Stream& stream) {
  if (planted(PlantedBug::acknowledgment_not_shifted)) return number;
  const uint32_t to_client = as_client_counts(number, stream);
  if (stream.phase != StreamPhase::header_due) return to_client;
  const uint32_t distance = behind_syn(number, stream);
  const bool whole = !before(distance) && distance >= stream.header_bytes;
  if (whole && is_intact(packet, headers)) stream.phase = StreamPhase::open;
  return to_client;
}

}  // namespace

void carry_header(Stream& stream, ClientAddress version, const StreamSides& sides) {
  ProxyHeader header;
  stream.header = version;
  stream.header_bytes = static_cast<uint8_t>(write_proxy_header(header, version, sides));
  stream.client_shift = stream.header_bytes;
}

void shift_to_endpoint(Packet packet, Headers& headers, Stream& stream, uint16_t mtu_bytes) {
  if (has(headers, tcp_flag::syn)) {
    hear_syn(packet, headers, stream);
    return strip_syn(packet, headers, stream);
  }
  if (is_unsettled(stream.phase)) return;  // a reset, made as the endpoint has to see it
  const bool due = stream.phase == StreamPhase::header_due;
  const bool with_header = due && put_header(packet, headers, stream, mtu_bytes);
  TcpEdit edit(tcp_header(packet, headers));
  if (with_header) {
    edit.set_sequence(stream.client_isn + 1);
  } else if (!due || !before(behind_syn(edit.sequence(), stream))) {
    edit.set_sequence(edit.sequence() + stream.client_shift);
  }
  unshift_endpoint(edit, headers, stream);
  edit.finish();
}

void shift_to_client(Packet packet, const Headers& headers, Stream& stream) {
  TcpEdit edit(tcp_header(packet, headers));
  const bool syn = has(headers, tcp_flag::syn);
  const bool answers = syn && has(headers, tcp_flag::ack) && stream.asked_again &&
                       edit.acknowledgment() == stream.client_isn + 1;
  if (answers && is_intact(packet, headers)) begin_again(stream);
  const bool due = stream.phase == StreamPhase::header_due;
  if (has(headers, tcp_flag::ack) && (due || !syn)) {
    edit.set_acknowledgment(acknowledged(edit.acknowledgment(), packet, headers, stream));
  }
  edit.set_sequence(edit.sequence() + stream.endpoint_shift);
  // The header takes its part of the first window, which nobody scales.
  const uint16_t window = edit.window();
  edit.set_window(syn ? window - std::min<uint16_t>(window, stream.header_bytes)
                      : rescaled(window, stream.upscale_to_client));
  for_each_tcp_option(edit.header(), [&](uint8_t kind, std::span<std::byte> option) {
    if (kind == tcp_option::sack) {
      // While the header is due, blocks may begin inside of it.
      if (planted(PlantedBug::blocks_not_shifted)) return;
      due ? blank(option) : shift_blocks(option, -stream.client_shift);
    } else if (kind == tcp_option::timestamps && option.size() == 10) {
      if (!planted(PlantedBug::timestamp_not_shifted)) add_to(&option[2], stream.timestamp_shift);
    }
  });
  edit.finish();
}

void hear_too_big(Stream& stream) {
  if (stream.phase != StreamPhase::header_due) return;
  stream.header_alone = true;
  stream.header_sent = false;
}

void shift_quoted(std::span<std::byte> l4, const Stream& stream, Direction direction,
                  ChecksumEdit& edit) {
  constexpr std::size_t sequence_offset = 4, acknowledgment_offset = 8;
  const auto edit_number = [&](std::size_t offset, auto counted_by_receiver) {
    if (l4.size() < offset + sizeof(be32)) return;
    const auto before = load<be32>(&l4[offset]);
    const be32 after(counted_by_receiver(before.host()));
    store(&l4[offset], after);
    edit.replace(before, after);
  };
  const auto plus = [](uint32_t shift) {
    return [shift](uint32_t number) { return number + shift; };
  };
  // What was sent to the endpoint counts as the endpoint does; the error goes to the client.
  if (direction == Direction::to_client) {
    edit_number(sequence_offset, [&](uint32_t number) { return as_client_counts(number, stream); });
    edit_number(acknowledgment_offset, plus(stream.endpoint_shift));
  } else {
    edit_number(sequence_offset, plus(-stream.endpoint_shift));
    edit_number(acknowledgment_offset, plus(stream.client_shift));
  }
}

}  // namespace weft
