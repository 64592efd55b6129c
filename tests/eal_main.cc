// main() of test programs that need packet buffers.
#include <gtest/gtest.h>

#include "tests/eal.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!weft::test::start_eal()) return 1;
  return RUN_ALL_TESTS();
}
