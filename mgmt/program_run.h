// For tests: a program run to its end.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {

struct ProgramRun {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

// command: as for the shell.
inline ProgramRun run_program(const std::string& command) {
  const TemporaryFolder folder;
  const auto content_of = [](const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string out = folder.file("out");
  const std::string err = folder.file("err");
  const int status = std::system((command + " >'" + out + "' 2>'" + err + "'").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
}

}  // namespace weft::mgmt
