// Marks bytes that nobody may touch. A sanitizer is blind inside a 2 KiB packet buffer; with these
// it sees every byte beyond a frame. Nothing in a build without AddressSanitizer.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#endif

#ifdef WEFT_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace weft {

inline void poison([[maybe_unused]] const void* from, [[maybe_unused]] std::size_t bytes) {
#ifdef WEFT_ASAN
  __asan_poison_memory_region(from, bytes);
#endif
}
inline void unpoison([[maybe_unused]] const void* from, [[maybe_unused]] std::size_t bytes) {
#ifdef WEFT_ASAN
  __asan_unpoison_memory_region(from, bytes);
#endif
}

}  // namespace weft
