// Catches what DPDK, its drivers and the libraries under them print while something is tried, so
// that a failure can be told in one sentence. Redirects DPDK's log and file descriptor 2: for
// start-up only, one at a time a process.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace weft {

class DriverLog {
 public:
  DriverLog();   // from now on nothing reaches stderr
  ~DriverLog();  // from now on everything as before
  DriverLog(const DriverLog&) = delete;
  DriverLog& operator=(const DriverLog&) = delete;

  // Everything so far.
  std::vector<std::string> lines() const;

 private:
  int memory_;  // what was printed
  int stderr_;  // where it went before; -1: nowhere
  std::FILE* stream_;
  std::FILE* before_;  // DPDK's
};

// The line that tells best why something failed, without prefixes: the kernel's own message if
// there is one, else the first error. Empty if no line does. Pure.
std::string reason_in(const std::vector<std::string>& lines);

}  // namespace weft
