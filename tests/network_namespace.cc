#include "tests/network_namespace.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "dataplane/base/check.h"

namespace weft {

using Clock = std::chrono::steady_clock;
static constexpr auto patience = std::chrono::seconds(20);

static int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      text_(std::move(other.text_)),
      seen_bytes_(other.seen_bytes_) {}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
}

bool Program::read_more(int timeout_ms) {
  pollfd waiting = {.fd = output_, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, timeout_ms) <= 0) return false;
  std::array<char, 4096> piece{};
  const ssize_t n = read(output_, piece.data(), piece.size());
  if (n <= 0) return false;
  text_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

std::string Program::wait_for(const std::string& beginning) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    for (std::size_t end; (end = text_.find('\n', seen_bytes_)) != std::string::npos;) {
      const std::string line = text_.substr(seen_bytes_, end - seen_bytes_);
      seen_bytes_ = end + 1;
      if (line.starts_with(beginning)) return line;
    }
    if (!read_more(left_ms(deadline))) return {};
  }
}

void Program::signal(int number) const {
  kill(pid_, number);
}

Outcome Program::finish() {
  const auto deadline = Clock::now() + patience;
  while (read_more(left_ms(deadline))) {
  }
  if (left_ms(deadline) == 0) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_};
}

NetworkNamespace::NetworkNamespace() : fd_(-1) {
  std::thread([this] {
    CHECK(unshare(CLONE_NEWNET) == 0);
    fd_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }).join();
  CHECK(fd_ >= 0);
  expect("ip link set lo up");
}

NetworkNamespace::~NetworkNamespace() {
  close(fd_);
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_);
}

Program NetworkNamespace::start(const std::vector<std::string>& command) const {
  std::array<int, 2> output{};
  CHECK(pipe2(output.data(), O_CLOEXEC) == 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {  // only system calls from here
    dup2(output[1], STDOUT_FILENO);
    dup2(output[1], STDERR_FILENO);
    if (setns(fd_, CLONE_NEWNET) == 0) execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(output[1]);
  return Program(child, output[0]);
}

Outcome NetworkNamespace::run(const std::string& command) const {
  return start({"sh", "-c", command}).finish();
}

std::string NetworkNamespace::expect(const std::string& command) const {
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.output;
  return outcome.output;
}

NetworkNamespace::Inside::Inside(int target)
    : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  CHECK(before_ >= 0 && setns(target, CLONE_NEWNET) == 0);
}

NetworkNamespace::Inside::~Inside() {
  CHECK(setns(before_, CLONE_NEWNET) == 0);
  close(before_);
}

void connect(const NetworkNamespace& left, const NetworkNamespace& right, const Cable& cable) {
  const std::string count = std::to_string(cable.queues);
  const std::string queues = " numrxqueues " + count + " numtxqueues " + count + " ";
  left.expect("ip link add " + cable.left + queues + "type veth peer name " + cable.right + queues +
              "netns " + right.path());
  const auto prepare = [](const NetworkNamespace& at, const std::string& name) {
    at.expect("ethtool -K " + name + " tx off tso off gso off gro off >/dev/null");
    at.expect("ip link set " + name + " up");
  };
  prepare(left, cable.left);
  prepare(right, cable.right);
}

}  // namespace weft
