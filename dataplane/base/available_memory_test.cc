#include "dataplane/base/available_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace weft {
namespace {

TEST(AvailableMemory, IsWhatTheKernelSays) {
  const std::string file = testing::TempDir() + "/meminfo-" + std::to_string(getpid());
  std::ofstream(file) << "MemTotal:       24681496 kB\nMemFree:        22000000 kB\n"
                         "MemAvailable:    2048000 kB\nBuffers:              12 kB\n";
  EXPECT_EQ(available_memory_mib(file), 2000u);
  std::ofstream(file) << "MemTotal:       24681496 kB\n";
  EXPECT_EQ(available_memory_mib(file), UINT64_MAX) << "not said: the allocation will tell";
  std::remove(file.c_str());
  EXPECT_EQ(available_memory_mib(file), UINT64_MAX);
  EXPECT_GT(available_memory_mib(), 0u);
}

}  // namespace
}  // namespace weft
