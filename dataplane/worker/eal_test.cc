#include "dataplane/worker/eal.h"

#include <gmock/gmock.h>

namespace weft {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const HostResources four_cpus = {
    .cpus = {0, 1, 2, 3}, .free_hugepages_mib = 0, .available_memory_mib = 4000};

TEST(EalArguments, KeepTheStartingThreadOffTheWorkers) {
  const auto some = eal_arguments({.name = "a", .worker_cpus = {2, 3, 3}}, four_cpus);
  EXPECT_THAT(*some, Contains("--lcores=0@(0,1)"));
  const auto all = eal_arguments({.name = "a", .worker_cpus = {0, 1, 2, 3}}, four_cpus);
  EXPECT_THAT(*all, Contains("--lcores=0@(0,1,2,3)"));
}

TEST(EalArguments, RefuseACpuThatIsNotThere) {
  const auto refused = eal_arguments({.name = "a", .worker_cpus = {1, 7}}, four_cpus);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "[gateway] workers names CPU 7, but this process may run on 0,1,2,3 only");
}

TEST(EalArguments, UseHugepagesWhenTheySuffice) {
  HostResources host = four_cpus;
  const EalSettings settings = {.name = "a", .worker_cpus = {1}, .memory_mib = 256};
  host.free_hugepages_mib = 318;
  EXPECT_THAT(*eal_arguments(settings, host), Contains("--no-huge"));
  EXPECT_THAT(hugepage_warning(settings, host),
              testing::AllOf(HasSubstr("318 MiB are free"), HasSubstr("vm.nr_hugepages=160")));
  host.free_hugepages_mib = 320;
  EXPECT_THAT(*eal_arguments(settings, host), Not(Contains("--no-huge")));
  EXPECT_THAT(*eal_arguments(settings, host), Contains("--in-memory"));
  EXPECT_EQ(hugepage_warning(settings, host), "");
}

TEST(EalArguments, TouchThePciBusOnlyForConfiguredDevices) {
  EXPECT_THAT(*eal_arguments({.name = "a", .worker_cpus = {1}}, four_cpus), Contains("--no-pci"));
  const auto with = eal_arguments(
      {.name = "a", .worker_cpus = {1}, .pci_addresses = {"0000:3b:00.0"}}, four_cpus);
  EXPECT_THAT(*with, Contains("-a0000:3b:00.0"));
  EXPECT_THAT(*with, Not(Contains("--no-pci")));
  EXPECT_THAT(*with, Not(Contains("--iova-mode=va")));
}

TEST(EalArguments, MakeAFileNameOfTheGateways) {
  const auto arguments = eal_arguments({.name = "a/b c%", .worker_cpus = {1}}, four_cpus);
  EXPECT_THAT(*arguments, Contains("--file-prefix=weft-a_b_c_"));
}

TEST(EalMemory, TooLittleIsOneSentenceWithTheSizes) {
  HostResources host = four_cpus;
  host.available_memory_mib = 300;
  const auto refused = check_memory({.name = "a", .worker_cpus = {1}, .memory_mib = 256}, host);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "packet buffers need 320 MiB ([gateway] memory_mib = 256 and 64 MiB for DPDK), but 300 "
            "MiB of memory and 0 MiB of hugepages are free");
  host.free_hugepages_mib = 320;
  EXPECT_TRUE(check_memory({.name = "a", .worker_cpus = {1}, .memory_mib = 256}, host));
}

}  // namespace
}  // namespace weft
