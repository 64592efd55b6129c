// DPDK for test programs: one EAL without hugepages, devices or files, ended with the program.
#pragma once

namespace weft::test {

// False, after a message, when it cannot start. To be called once.
bool start_eal();

}  // namespace weft::test
