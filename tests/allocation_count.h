// Counts what a thread allocates, by operator new, malloc or anything built on them: for tests of
// code that must not allocate. Link tests/allocation_count.cc.
#pragma once

#include <cstdint>

namespace weft::test {

// Allocations of this thread so far.
uint64_t allocations();

}  // namespace weft::test
