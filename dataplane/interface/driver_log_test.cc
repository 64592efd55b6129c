#include "dataplane/interface/driver_log.h"

#include <gmock/gmock.h>
#include <rte_log.h>
#include <unistd.h>

namespace weft {
namespace {

using testing::ElementsAre;

TEST(DriverLog, CatchesDpdkAndStderrInOrder) {
  DriverLog log;
  rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "one\n");
  std::fputs("two\n", stderr);
  ASSERT_EQ(write(STDERR_FILENO, "three\n", 6), 6);
  EXPECT_THAT(log.lines(), ElementsAre("one", "two", "three"));
}

TEST(DriverLog, LeavesDpdksStreamAsItWas) {
  std::FILE* before = rte_log_get_stream();
  { DriverLog log; }
  EXPECT_EQ(rte_log_get_stream(), before);
}

TEST(DriverLog, TellsTheReasonThatIsNearestToTheCause) {
  EXPECT_EQ(reason_in({"libbpf: elf: skipping unrecognized data section(7) xdp_metadata",
                       "libxdp: Can't use dispatcher without a working bpffs",
                       "libbpf: Kernel error message: veth: XDP expects more queues",
                       "libxdp: Error attaching XDP program to ifindex 2: No space left",
                       "xsk_configure(): Failed to create xsk socket."}),
            "veth: XDP expects more queues");
  EXPECT_EQ(reason_in({"EAL: Detected CPU lcores: 2",
                       "EAL: Not enough memory available! Requested: 256MB, available: 0MB",
                       "EAL: FATAL: Cannot init memory"}),
            "Not enough memory available! Requested: 256MB, available: 0MB");
  EXPECT_EQ(reason_in({"eth_rx_queue_setup(): Failed to configure xdp socket."}),
            "Failed to configure xdp socket");
  EXPECT_EQ(reason_in({"mac_address_slaves_update(1574) - Failed to update port Id 0"}),
            "Failed to update port Id 0");
  EXPECT_EQ(reason_in({"EAL: FATAL: Cannot init memory"}), "Cannot init memory");
  EXPECT_EQ(reason_in({"EAL: Detected CPU lcores: 2"}), "");
  EXPECT_EQ(reason_in({}), "");
}

}  // namespace
}  // namespace weft
