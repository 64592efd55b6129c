// The segments of a handshake that Weft makes itself, each in the place of a packet that came in:
//
//   a client's SYN        becomes the answer to it, with a cookie
//   a client's segment    becomes the SYN that it sent once, as the cookie carried it
//   an endpoint's answer  becomes the client's ACK of it, or its reset
//
// What is made for the client is as the client would have sent it, and goes the way of its packets.
#pragma once

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"
#include "pipelines/l4/streams.h"
#include "pipelines/l4/syn_cookies.h"

namespace weft {

// The scale of the windows in what the client gets of a flow that began by a cookie, if it has any.
inline constexpr uint8_t promised_window_scale = 7;

// A client whose ACK brought a cookie.
struct ProvenClient {
  SynOptions options;   // of its SYN as the cookie carried it; timestamps as in its ACK
  uint32_t isn = 0;     // of its SYN
  uint32_t cookie = 0;  // what it takes for the endpoint's
  uint16_t window = 0;  // in its ACK
};

// Of these each makes the packet another one, whose headers `headers` are then; false: its buffer
// has no room. Requires: a whole TCP segment.

// `mtu_bytes`: what the way to the endpoint takes, 0: unknown.
bool make_cookie_answer(Packet packet, Headers& headers, SynCookies& cookies, uint16_t mtu_bytes,
                        Instant now);
bool make_client_syn(Packet packet, Headers& headers, const Stream& stream);
bool make_client_ack(Packet packet, Headers& headers, const StreamSides& sides,
                     const Stream& stream);
bool make_client_reset(Packet packet, Headers& headers, const StreamSides& sides);

// What the ACK of a client without a flow shows; nothing: no cookie of ours, or damaged.
std::optional<ProvenClient> proven_client(Packet packet, const Headers& headers,
                                          const SynCookies& cookies, Instant now);

// The flow of such a client begins. Beside what is set, its phase is opening.
void begin_opening(Stream& stream, const ProvenClient& client);

// Takes from the endpoint's answer what its numbers are shifted by from now on; the phase is the
// caller's. False: it does not have the timestamps that the client was promised.
bool learn_shifts(Packet packet, const Headers& headers, Stream& stream);

}  // namespace weft
