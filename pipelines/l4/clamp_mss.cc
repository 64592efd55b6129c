#include "pipelines/l4/clamp_mss.h"

#include <algorithm>

#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/forward_tunnel.h"
#include "pipelines/l4/segment.h"

namespace weft {
namespace {

// What fits into one segment of the listener's; 0: nobody knows.
uint32_t limit_bytes(const ListenerPolicy& listener, const EndpointRecord& endpoint, bool v4) {
  if (listener.mss_clamp_bytes != mss_clamp_auto) return listener.mss_clamp_bytes;
  const uint32_t ip_bytes = v4 ? Ipv4View::header_bytes_min : Ipv6View::header_bytes;
  const uint32_t around = ip_bytes + TcpView::header_bytes_min +
                          tunnel_bytes(listener.forward, endpoint.address.is_v4());
  return endpoint.path_mtu_bytes > around ? endpoint.path_mtu_bytes - around : 0;
}

void clamp(Packet packet, const Headers& headers, uint32_t limit) {
  if (limit == 0) return;
  TcpEdit edit(tcp_header(packet, headers));
  for_each_tcp_option(edit.header(), [&](uint8_t kind, std::span<std::byte> option) {
    if (kind != tcp_option::mss_value || option.size() != 4) return;
    const uint32_t announced = load<be16>(&option[2]).host();
    store(&option[2], be16(static_cast<uint16_t>(std::min(announced, limit))));
  });
  edit.finish();
}

}  // namespace

void clamp_segments(Burst& burst, const Decisions& decisions, const Snapshot& snapshot) {
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    const Decision& decision = decisions[i];
    if ((headers.tcp_flags & tcp_flag::syn) == 0) return;
    const ListenerTable& listeners = snapshot.policy->listeners;
    // None, or one that is gone and has left a flow to the sweep.
    if (!listeners.present(decision.listener_slot)) return;
    const ListenerPolicy& listener = listeners.policies[index(decision.listener_slot)];
    if (listener.mss_clamp_bytes == 0) return;
    const EndpointRecord& endpoint = snapshot.endpoints->records[index(decision.endpoint)];
    clamp(burst.packets[i], headers, limit_bytes(listener, endpoint, headers.v4));
  });
}

}  // namespace weft
