// Makes of each refused packet the reply that its sender is owed, in the same buffer, and gives it
// back to the burst as a live packet: its headers are the reply's, ready for next_hop. Runs after
// forward; costs one test when nothing was refused.
//
//   tcp_reset             from the address it was sent to      RFC 9293, 3.10.7.1
//   port_unreachable      from the address it was sent to      RFC 1122, 3.2.2.1; RFC 4443, 3.1
//   host_unreachable      from the interface's own address     RFC 1812, 5.2.7.1; RFC 4443, 3.1
//   ttl_exceeded          from the interface's own address     RFC 1812, 5.3.1; RFC 4443, 3.3
//   syn_cookie            from the address it was sent to      RFC 4987, 3.6
//   fragmentation_needed  from the interface's own address     RFC 1191, section 4; RFC 4443, 3.2
//
// An ICMP error quotes as much as fits into 576 bytes (RFC 1812, 4.3.2.3), of ICMPv6 into 1280 (RFC
// 4443, 2.4). No reply goes to a RST, an ICMP error, a fragment other than the first, a group
// address (RFC 1122, 3.2.2; RFC 4443, 2.4) or a segment whose checksum is wrong; nor beyond the
// limits' rate. What is not answered stays dropped.
#pragma once

#include "dataplane/base/clock.h"
#include "dataplane/wire/burst.h"
#include "pipelines/l4/reply_limits.h"
#include "pipelines/l4/syn_cookies.h"
#include "pipelines/snapshot.h"

namespace weft {

void answer_refused(Burst& burst, const OwnAddresses& own, ReplyLimits& limits, SynCookies& cookies,
                    Instant now);

// `own`: of the interface the burst came in on; without one of the packet's family, replies from it
// are not sent.
inline void answer(Burst& burst, const OwnAddresses& own, ReplyLimits& limits, SynCookies& cookies,
                   Instant now) {
  if (burst.refused != 0) [[unlikely]] {
    answer_refused(burst, own, limits, cookies, now);
  }
}

// What the sender to an L4 port where nobody listens is owed.
inline Reply refusal_reply(const Headers& headers) {
  return headers.protocol == Protocol::tcp ? Reply::tcp_reset : Reply::port_unreachable;
}

}  // namespace weft
