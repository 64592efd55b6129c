#include "pipelines/l4/open_stream.h"

#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/handshake.h"
#include "pipelines/l4/segment.h"

namespace weft {
namespace {

struct Opener {
  Burst& burst;
  const Snapshot& snapshot;
  Streams& streams;
  HeldSegments& held;
  Instant now;

  bool has(uint32_t i, uint8_t flags) const {
    return (burst.headers[i].tcp_flags & flags) == flags;
  }

  // ---- from the client

  void ask_again(uint32_t i, const StreamSides& sides, Stream& stream) const {
    stream.holds = held.holds(sides);
    if (!make_client_syn(burst.packets[i], burst.headers[i], stream)) {
      burst.drop(i, Drop::no_headroom);
    }
  }

  void take_from_client(uint32_t i, const StreamSides& sides, Stream& stream) const {
    if (has(i, tcp_flag::syn)) return;  // made a moment ago, or sent twice
    if (stream.phase == StreamPhase::refused) {
      return burst.refuse(i, Drop::handshake_failed, Reply::tcp_reset);
    }
    if (has(i, tcp_flag::rst)) {
      streams.settle(stream, StreamPhase::refused);
      return burst.drop(i, Drop::handshake_failed);
    }
    const Packet packet = burst.packets[i];
    const bool says_something =
        has(i, tcp_flag::fin) || payload_bytes(packet, burst.headers[i]) != 0;
    if (says_something && !stream.holds && held.put(packet, burst.interface, sides, now)) {
      stream.holds = true;
      return burst.hold(i);
    }
    ask_again(i, sides, stream);
  }

  // ---- from the endpoint

  // The packet is the client's from now on, and goes where its packets go.
  void turn(uint32_t i, Decision& decision, const Headers& from_endpoint) const {
    decision.direction = Direction::to_endpoint;
    decision.listener = &snapshot.policy->listeners.policies[index(decision.listener_slot)];
    decision.rewrite_address = from_endpoint.source;
    decision.rewrite_port = from_endpoint.source_port;
    decision.near_address = from_endpoint.destination;
    decision.near_port = from_endpoint.destination_port;
    decision.adds_client_address = decision.rewrites_both &&
                                   decision.listener->client_address == ClientAddress::toa &&
                                   has(i, tcp_flag::ack);
  }

  void reset_endpoint(uint32_t i, Decision& decision, const StreamSides& sides) const {
    const Headers before = burst.headers[i];
    if (!make_client_reset(burst.packets[i], burst.headers[i], sides)) {
      return burst.drop(i, Drop::no_headroom);
    }
    turn(i, decision, before);
  }

  void answer_endpoint(uint32_t i, Decision& decision, const StreamSides& sides,
                       Stream& stream) const {
    const Headers before = burst.headers[i];
    if (stream.holds) held.let_go(sides);
    if (!learn_shifts(burst.packets[i], before, stream)) {
      streams.settle(stream, StreamPhase::refused);
      return reset_endpoint(i, decision, sides);
    }
    const bool carries_header = stream.header != ClientAddress::none;
    streams.settle(stream, carries_header ? StreamPhase::header_due : StreamPhase::open);
    if (!make_client_ack(burst.packets[i], burst.headers[i], sides, stream)) {
      return burst.drop(i, Drop::no_headroom);
    }
    turn(i, decision, before);
  }

  void take_from_endpoint(uint32_t i, Decision& decision, const StreamSides& sides,
                          Stream& stream) const {
    const auto tcp = TcpView::parse(tcp_header(burst.packets[i], burst.headers[i]));
    if (has(i, tcp_flag::rst)) {
      // The client waits for what comes after its cookie.
      stream.endpoint_shift = stream.promised_isn + 1 - tcp->sequence();
      if (stream.holds) held.let_go(sides);
      return streams.settle(stream, StreamPhase::refused);
    }
    const bool answers =
        has(i, tcp_flag::syn | tcp_flag::ack) && tcp->acknowledgment() == stream.client_isn + 1;
    if (answers && stream.phase == StreamPhase::opening) {
      return answer_endpoint(i, decision, sides, stream);
    }
    // Of an older connection between the same ends, or one that is over: the client would reset it.
    reset_endpoint(i, decision, sides);
  }
};

}  // namespace

void open_streams(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Streams& streams,
                  HeldSegments& held, Instant now) {
  const Opener opener{burst, snapshot, streams, held, now};
  burst.for_each_live([&](uint32_t i) {
    Decision& decision = decisions[i];
    if (!decision.shifted) return;
    const StreamSides sides = StreamSides::of(burst.headers[i], decision);
    Stream* stream = streams.find(sides);
    if (stream == nullptr || !is_unsettled(stream->phase)) return;
    // Nobody sends handshakes in pieces; and of a listener that is gone none is finished.
    if (burst.headers[i].payload != Payload::transport ||
        !snapshot.policy->listeners.present(decision.listener_slot)) {
      return burst.drop(i, Drop::handshake_failed);
    }
    if (!l4_checksum_verifies(burst.packets[i], burst.headers[i]) &&
        !planted(PlantedBug::learned_from_damage)) {
      return burst.drop(i, Drop::l4_checksum_wrong);
    }
    if (decision.direction == Direction::to_endpoint) {
      opener.take_from_client(i, sides, *stream);
    } else {
      opener.take_from_endpoint(i, decision, sides, *stream);
    }
  });
}

}  // namespace weft
