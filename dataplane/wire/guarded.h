// Frames of exact size: a sanitizer is blind inside a 2 KiB packet buffer, so whoever hands frames
// out in tests poisons every byte around them (interface/guarded_pool does for its buffers and
// poisons them when they are freed). Without AddressSanitizer this does nothing.
#pragma once

#include <rte_mbuf.h>

#include "dataplane/base/poison.h"

namespace weft {

// Leaves only the frame's own bytes accessible, in each of its segments.
inline void guard(const rte_mbuf* buffer) {
  for (; buffer != nullptr; buffer = buffer->next) {
    poison(buffer->buf_addr, buffer->buf_len);
    unpoison(rte_pktmbuf_mtod(buffer, const std::byte*), buffer->data_len);
  }
}

}  // namespace weft
