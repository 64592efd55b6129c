// CHECK(condition): our own bug stops the process and says where, in release builds too.
// DCHECK is the same in debug and sanitizer builds and nothing in release builds.
#pragma once

namespace weft {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace weft

#define CHECK(condition)                                                                    \
  (__builtin_expect(!(condition), 0) ? ::weft::check_failed(#condition, __FILE__, __LINE__) \
                                     : (void)0)

#ifdef WEFT_DCHECK
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) ((void)sizeof(!(condition)))
#endif
