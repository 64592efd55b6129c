#include "tests/allocation_count.h"

#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Of sanitizer/allocator_interface.h, which gcc does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*after_malloc)(const volatile void*,
                                                                              std::size_t),
                                                         void (*before_free)(const volatile void*));
#endif

namespace weft::test {
namespace {

thread_local uint64_t allocations_of_thread = 0;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// A sanitizer brings its own malloc and tells of each call.
void count_allocation(const volatile void*, std::size_t) {
  ++allocations_of_thread;
}
void ignore_free(const volatile void*) {}
const int installed = __sanitizer_install_malloc_and_free_hooks(count_allocation, ignore_free);
#endif

}  // namespace

uint64_t allocations() {
  return allocations_of_thread;
}

}  // namespace weft::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// glibc lets a program replace these; operator new is built on malloc.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
  ++weft::test::allocations_of_thread;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t items, std::size_t bytes) noexcept {
  ++weft::test::allocations_of_thread;
  return __libc_calloc(items, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  ++weft::test::allocations_of_thread;
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  ++weft::test::allocations_of_thread;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  ++weft::test::allocations_of_thread;
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}
}
#endif
