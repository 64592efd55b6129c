// Packet buffers that a sanitizer sees into: every byte beyond the frame is poisoned, and every
// byte of a freed buffer. Whoever hands frames out in tests (memory_interface, make_packet) guards
// them; whoever ends them calls free_guarded. Without AddressSanitizer a guard does nothing.
#pragma once

#include <rte_mbuf.h>

#include "dataplane/base/poison.h"

namespace weft {

// For a device or a copy that fills the buffer.
inline void unguard(const rte_mbuf* buffer) {
  for (; buffer != nullptr; buffer = buffer->next) unpoison(buffer->buf_addr, buffer->buf_len);
}

// Leaves only the frame's own bytes accessible, in each of its segments.
inline void guard(const rte_mbuf* buffer) {
  for (; buffer != nullptr; buffer = buffer->next) {
    poison(buffer->buf_addr, buffer->buf_len);
    unpoison(rte_pktmbuf_mtod(buffer, const std::byte*), buffer->data_len);
  }
}

// Frees the packet, all its segments, and leaves none of their bytes accessible. The next owner of
// a buffer calls unguard or guard.
inline void free_guarded(rte_mbuf* packet) {
  for (const rte_mbuf* at = packet; at != nullptr; at = at->next) {
    poison(at->buf_addr, at->buf_len);
  }
  rte_pktmbuf_free(packet);
}

}  // namespace weft
