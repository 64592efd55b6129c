// Fetching ahead what another core has written.
#pragma once

namespace weft {

// Fetches the cache line of `address` and takes it from the other cores' caches, in one go: after a
// fetch to read, the first write would wait for the second half. Any address will do.
// __builtin_prefetch(address, 1) says the same, but compilers make a fetch to read of it.
inline void prefetch_to_write(const void* address) {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
}

}  // namespace weft
