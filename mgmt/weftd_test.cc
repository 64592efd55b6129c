// The command line of the weftd program. Its path is the first argument.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include "mgmt/io/temporary_folder.h"
#include "mgmt/program_run.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string weftd_path;

class WeftdTest : public testing::Test {
 protected:
  ProgramRun run(const std::string& words) const {
    return run_program("'" + weftd_path + "' " + words);
  }

  TemporaryFolder folder_;
};

TEST_F(WeftdTest, CheckSaysWhetherAFileIsValid) {
  const std::string file = folder_.file("weft.toml");
  std::ofstream(file) << "[[interface]]\nname = \"edge\"\ndevice = \"tap:t0\"\n"
                         "addresses = [\"10.0.0.254/24\"]\n";
  const ProgramRun valid = run("--check " + file);
  EXPECT_EQ(valid.exit_code, 0);
  EXPECT_EQ(valid.out, file + ": valid\n");
  std::ofstream(file) << "x = 1\n";
  const ProgramRun refused = run("--check " + file);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr(file + ":1:1: unknown key \"x\""));
}

// As in weftd --check "$UNSET": it must not become a gateway that runs.
TEST_F(WeftdTest, CheckOfNoNameIsAFileThatCannotBeRead) {
  const ProgramRun outcome = run("--config /dev/null --check ''");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(outcome.err, "\"\": cannot be read: No such file or directory\n");
}

// Reading the hash seed blocks here, early in the start, until the test writes one.
TEST_F(WeftdTest, SignalsDuringTheStartWaitForItsEnd) {
  const std::string seed = folder_.file("gw.hash_seed");
  ASSERT_EQ(mkfifo(seed.c_str(), 0600), 0);
  const std::string file = folder_.file("weft.toml");
  std::ofstream(file) << "[gateway]\nname = \"gw\"\nstate_dir = \"" << folder_.file("")
                      << "\"\n[[interface]]\nname = \"edge\"\n"
                         "device = \"af_packet:weft-not-there\"\n"
                         "addresses = [\"10.0.0.254/24\"]\n";
  const pid_t weftd = fork();
  ASSERT_GE(weftd, 0);
  if (weftd == 0) {
    execl(weftd_path.c_str(), "weftd", "--config", file.c_str(), nullptr);
    _exit(127);
  }
  std::ofstream reading(seed);  // opens when weftd does
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ASSERT_EQ(kill(weftd, signal), 0);
  reading << std::string(32, 'a') << std::endl;
  reading.close();
  int status = 0;
  ASSERT_EQ(waitpid(weftd, &status, 0), weftd);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 1);  // there is no such device
}

TEST_F(WeftdTest, WrongWordsAreExitCodeOne) {
  for (const char* words : {"--chekc x", "--check", "surplus", "--config"}) {
    const ProgramRun outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 1) << words;
    EXPECT_THAT(outcome.out, IsEmpty()) << words;
  }
  EXPECT_EQ(run("--help").exit_code, 0);
  EXPECT_EQ(run("--version").exit_code, 0);
}

}  // namespace
}  // namespace weft::mgmt

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 2) return 1;
  weft::mgmt::weftd_path = argv[1];
  return RUN_ALL_TESTS();
}
