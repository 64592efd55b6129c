// Network namespaces for tests. Nameless: they live as long as this object or a program in them, so
// nothing stays behind however the test ends. Needs root.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace weft {

struct Outcome {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

// A program that runs beside the test; killed on destruction.
class Program {
 public:
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  // Reads its output until a line begins so, and gives the line; empty when the program ended or
  // 20 s have passed.
  std::string wait_for(const std::string& beginning);
  void signal(int number) const;
  // Waits for its end (20 s, then it is killed).
  Outcome finish();

 private:
  friend class NetworkNamespace;
  Program(pid_t pid, int output) : pid_(pid), output_(output) {}
  bool read_more(int timeout_ms);

  pid_t pid_;
  int output_;
  std::string text_;
  std::size_t seen_bytes_ = 0;
};

class NetworkNamespace {
 public:
  NetworkNamespace();
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  // For `ip link ... netns PATH`.
  std::string path() const;
  // Runs a shell command in it (20 s at most).
  Outcome run(const std::string& command) const;
  // The same, and the test fails if the command does.
  std::string expect(const std::string& command) const;
  Program start(const std::vector<std::string>& command) const;

  // While it lives the calling thread is in the namespace.
  class Inside {
   public:
    explicit Inside(int target);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    int before_;
  };
  Inside enter() const { return Inside(fd_); }

 private:
  int fd_;
};

// A cable: `left` and `right` are the names of its ends. Both are up, and send whole packets with
// complete checksums.
struct Cable {
  std::string left;
  std::string right;
  int queues = 1;
};
void connect(const NetworkNamespace& left, const NetworkNamespace& right, const Cable& cable);

}  // namespace weft
