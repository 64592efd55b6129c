// Streams: what Weft knows of the TCP connections whose two sides count differently, because it
// put a header in front of what the client sends (PROXY protocol), or answered the client's SYN in
// the endpoint's place (SYN cookies). Beside the flow tables, since few flows need it: an entry
// there says only that it has one (NatMarks::shifted), and its sockets find it here. A stream ends
// with its flow. Bounded; nothing is evicted. Thread safety: one worker.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/table/huge_array.h"
#include "dataplane/wire/headers.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/syn_cookies.h"

namespace weft {

enum class StreamPhase : uint8_t {
  opening,     // cookie: the endpoint has not answered the client's SYN
  refused,     // cookie: one of the sides took the connection back; not settled either
  header_due,  // the endpoint has not acknowledged the header yet
  open,        // numbers are shifted, and that is all
};

constexpr bool is_unsettled(StreamPhase phase) {
  return phase == StreamPhase::opening || phase == StreamPhase::refused;
}

// Whose stream it is.
struct StreamSides {
  IpAddress client;
  IpAddress listener;
  be16 client_port;
  be16 listener_port;
  bool operator==(const StreamSides&) const = default;

  // Of a packet before it is rewritten.
  static StreamSides of(const Headers& headers, const Decision& decision) {
    if (decision.direction == Direction::to_endpoint) {
      return {headers.source, headers.destination, headers.source_port, headers.destination_port};
    }
    const bool fullnat = decision.rewrites_both;
    return {fullnat ? decision.near_address : headers.destination, decision.rewrite_address,
            fullnat ? decision.near_port : headers.destination_port, decision.rewrite_port};
  }
  // Of a flow table's entry.
  template <class NatFlow>
  static StreamSides of(const NatFlow& flow) {
    const auto client = flow.client_side();
    const auto listener = flow.listener_side();
    return {client.ip(), listener.ip(), client.port, listener.port};
  }
};

struct Stream {
  uint32_t client_isn = 0;       // the sequence number of the client's SYN
  uint32_t client_shift = 0;     // what the endpoint counts more than the client, of its bytes
  uint32_t endpoint_shift = 0;   // what the client counts more than the endpoint, of its bytes
  uint32_t timestamp_shift = 0;  // and of the endpoint's timestamps
  // Of a flow that began by a cookie.
  uint32_t promised_isn = 0;  // what the client takes for the number of the endpoint's SYN
  SynOptions offered;         // by the client's SYN; its timestamps are those of its ACK
  uint16_t client_window = 0;
  int8_t upscale_to_client = 0;  // bits to shift windows by, to the left
  int8_t upscale_to_endpoint = 0;
  bool blanks_blocks = false;  // the client sends SACK blocks, and the endpoint knows none
  bool holds = false;          // a segment of the client's is held, or came out again
  bool asked_again = false;    // the client sent another SYN after the stream was open

  StreamPhase phase = StreamPhase::open;
  ClientAddress header = ClientAddress::none;  // proxy_v1, proxy_v2
  uint8_t header_bytes = 0;
  bool header_sent = false;   // and nothing was heard of it
  bool header_alone = false;  // with data some link of the way does not take it
};

class Streams {
  // In a list of those whose key has the same head, or of free ones; 0 is a list's end.
  struct alignas(64) Entry {
    Hash128 key;
    uint32_t next;
    Stream stream;
  };
  static_assert(sizeof(Entry) == 64);

 public:
  // Throws std::bad_alloc. Requires: streams_max > 0.
  Streams(uint32_t streams_max, const KeyedHash& hash);

  // Null: there is none.
  Stream* find(const StreamSides& sides);
  const Stream* find(const StreamSides& sides) const;
  // A fresh one, in place of one that there is; null: full.
  Stream* begin(const StreamSides& sides);
  void end(const StreamSides& sides);
  // The phase of one of these streams changes.
  void settle(Stream& stream, StreamPhase phase);
  // Streams that are not settled.
  uint32_t unsettled() const { return unsettled_; }

  // Of memory.
  static constexpr std::size_t bytes_for(uint32_t streams_max) {
    return streams_max * sizeof(Entry) + std::bit_ceil(streams_max) * sizeof(uint32_t);
  }
  uint32_t size() const { return size_; }
  uint32_t streams_max() const { return streams_max_; }
  bool has_room() const { return size_ != streams_max_; }

 private:
  Hash128 key_of(const StreamSides& sides) const;
  uint32_t entry_of(const Hash128& key) const;  // 0: there is none
  // What leads to the entry of that key, or to the end of its list.
  uint32_t& link_to(const Hash128& key);

  KeyedHash hash_;
  uint32_t streams_max_;
  uint32_t mask_;
  HugeArray<uint32_t> heads_;
  HugeArray<Entry> entries_;
  uint32_t free_ = 0;
  uint32_t touched_ = 0;  // entries beyond were never in use
  uint32_t size_ = 0;
  uint32_t unsettled_ = 0;
};

}  // namespace weft
