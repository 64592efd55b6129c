// libFuzzer calls the target.
#include "tests/eal.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  return weft::test::start_eal() ? 0 : 1;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weft::fuzz::run_target({data, size});
  return 0;
}
