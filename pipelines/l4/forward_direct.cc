#include "pipelines/l4/forward_direct.h"

#include "pipelines/l4/ttl.h"

namespace weft {

static void redirect(Burst& burst, uint32_t i, Decision& decision) {
  Headers& headers = burst.headers[i];
  if (!decision.record->on_link) return burst.drop(i, Drop::not_on_link);
  if (headers.ip_bytes > decision.mtu_bytes && decision.mtu_bytes != 0) [[unlikely]] {
    return burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed, decision.mtu_bytes);
  }
  decrement_ttl(burst.packets[i].data() + headers.ip_offset, headers.v4);
  decision.has_hop_address = true;
  decision.hop_address = decision.record->address;
}

void forward_direct(Burst& burst, uint32_t which, Decisions& decisions) {
  Burst::for_each(which, [&](uint32_t i) { redirect(burst, i, decisions[i]); });
}

}  // namespace weft
