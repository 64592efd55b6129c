#include "mgmt/logs/logs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

#include "mgmt/logs/parsed_line_test.h"

namespace weft::mgmt {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A pipe or socket pair whose reading end collects lines.
class Channel {
 public:
  enum class Kind { pipe, socket };

  explicit Channel(Kind kind = Kind::pipe) {
    const int result = kind == Kind::pipe ? pipe2(fds_.data(), O_CLOEXEC)
                                          : socketpair(AF_UNIX, SOCK_STREAM, 0, fds_.data());
    EXPECT_EQ(result, 0);
    fcntl(fds_[0], F_SETFL, O_NONBLOCK);
  }
  ~Channel() {
    close_reader();
    close_writer();
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int writer() const { return fds_[1]; }
  void close_reader() { close_end(fds_[0]); }
  void close_writer() { close_end(fds_[1]); }

  // What has come so far.
  void read_some() {
    std::array<char, 65536> chunk;
    ssize_t bytes = 0;
    while ((bytes = read(fds_[0], chunk.data(), chunk.size())) > 0) {
      text_.append(chunk.data(), static_cast<std::size_t>(bytes));
    }
  }

  // Until there are so many lines, or a deadline that no test should meet.
  std::vector<ParsedLine> lines(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (split().size() < count && std::chrono::steady_clock::now() < deadline) {
      pollfd waits{fds_[0], POLLIN, 0};
      poll(&waits, 1, 1000);
      read_some();
    }
    return all();
  }

  std::vector<ParsedLine> all() {
    read_some();
    std::vector<ParsedLine> parsed;
    for (const std::string& line : split()) {
      if (!line.starts_with('.')) parsed.push_back(parse_line(line));
    }
    return parsed;
  }

  // Nobody reads: fills what fits before the next write would block. all() leaves it out.
  void fill() {
    const int flags = fcntl(writer(), F_GETFL);
    fcntl(writer(), F_SETFL, flags | O_NONBLOCK);
    const std::string line = std::string(4095, '.') + "\n";
    while (write(writer(), line.data(), line.size()) > 0) {
    }
    fcntl(writer(), F_SETFL, flags);
  }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  std::vector<std::string> split() const {
    std::vector<std::string> lines;
    std::size_t from = 0;
    for (std::size_t end; (end = text_.find('\n', from)) != std::string::npos; from = end + 1) {
      lines.push_back(text_.substr(from, end - from));
    }
    return lines;
  }

  std::array<int, 2> fds_{-1, -1};
  std::string text_;
};

std::vector<std::string> values(const std::vector<ParsedLine>& lines, const std::string& key) {
  std::vector<std::string> found;
  for (const ParsedLine& line : lines) {
    const auto value = line.find(key);
    if (value != line.end()) found.push_back(value->second);
  }
  return found;
}

TEST(Logs, OneObjectALineInOrder) {
  for (const Channel::Kind kind : {Channel::Kind::pipe, Channel::Kind::socket}) {
    Channel channel(kind);
    {
      Logs logs({.fd = channel.writer(),
                 .now = [] { return std::chrono::system_clock::time_point(1'738'317'600'123ms); }});
      logs.write(Level::info, "endpoint_down", {{"cluster", "web"}, {"failures", 3}});
      logs.write(Level::error, "reload_refused");
    }
    EXPECT_THAT(channel.all(), ElementsAre(ParsedLine{{"ts", "2025-01-31T10:00:00.123Z"},
                                                      {"level", "info"},
                                                      {"event", "endpoint_down"},
                                                      {"cluster", "web"},
                                                      {"failures", "3"}},
                                           ParsedLine{{"ts", "2025-01-31T10:00:00.123Z"},
                                                      {"level", "error"},
                                                      {"event", "reload_refused"}}));
  }
}

TEST(Logs, LinesBelowTheLevelAreNotWritten) {
  Channel channel;
  {
    Logs logs({.fd = channel.writer(), .level = Level::warn});
    logs.write(Level::info, "a");
    logs.write(Level::warn, "b");
    logs.set_level(Level::debug);
    EXPECT_EQ(logs.level(), Level::debug);
    logs.write(Level::debug, "c");
    logs.set_level(Level::error);
    logs.write(Level::warn, "d");
    logs.write(Level::error, "e");
    EXPECT_EQ(logs.lines_lost(), 0u);
  }
  EXPECT_THAT(values(channel.all(), "event"), ElementsAre("b", "c", "e"));
}

TEST(Logs, NamesOfLevels) {
  for (const Level level : {Level::debug, Level::info, Level::warn, Level::error}) {
    EXPECT_EQ(parse_level(name(level)), level);
  }
  EXPECT_EQ(parse_level("warning"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

TEST(Logs, ALineComesOutWithoutAnother) {
  Channel channel;
  Logs logs({.fd = channel.writer()});
  logs.write(Level::info, "ready");
  EXPECT_THAT(channel.lines(1), SizeIs(1));
}

TEST(Logs, ManyThreadsLoseNothing) {
  Channel channel;
  constexpr int threads = 4;
  constexpr int each = 500;
  {
    Logs logs({.fd = channel.writer()});
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&logs, t] {
        for (int i = 0; i < each; ++i) logs.write(Level::info, "x", {{"t", t}, {"i", i}});
      });
    }
    EXPECT_THAT(channel.lines(threads * each), SizeIs(threads * each));
    EXPECT_EQ(logs.lines_lost(), 0u);
  }
  std::array<int, threads> next{};
  for (const ParsedLine& line : channel.all()) {
    EXPECT_EQ(std::stoi(line.at("i")), next[std::stoul(line.at("t"))]++);
  }
}

// Nobody reads: writers go on at once, the oldest lines are lost, counted and reported later.
TEST(Logs, AStuckReaderHoldsUpNobody) {
  Channel channel;
  channel.fill();
  constexpr uint64_t written = 1000;
  constexpr uint32_t lines_max = 100;
  auto logs = std::make_unique<Logs>(
      Logs::Options{.fd = channel.writer(), .lines_max = lines_max, .linger_ms = 20s});
  const auto began = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < written; ++i) logs->write(Level::info, "x", {{"i", i}});
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  // One line may be on its way already, the others wait or are lost.
  const uint64_t lost = logs->lines_lost();
  EXPECT_GE(lost, written - lines_max - 1);
  EXPECT_LE(lost, written - lines_max);
  channel.read_some();
  logs.reset();

  const std::vector<ParsedLine> lines = channel.all();
  ASSERT_THAT(values(lines, "i"), SizeIs(written - lost));
  EXPECT_EQ(values(lines, "i").back(), std::to_string(written - 1));
  uint64_t reported = 0;
  for (const std::string& part : values(lines, "lines")) reported += std::stoull(part);
  EXPECT_EQ(reported, lost);
}

TEST(Logs, TheEndDoesNotWaitForAStuckReader) {
  for (const Channel::Kind kind : {Channel::Kind::pipe, Channel::Kind::socket}) {
    Channel channel(kind);
    channel.fill();
    auto logs = std::make_unique<Logs>(
        Logs::Options{.fd = channel.writer(), .lines_max = 64, .linger_ms = 50ms});
    for (int i = 0; i < 1000; ++i) logs->write(Level::info, "x", {{"i", i}});
    const auto began = std::chrono::steady_clock::now();
    logs.reset();
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, 50ms);
    EXPECT_LT(took, 10s);
  }
}

TEST(Logs, AReaderThatIsGoneIsNoSignal) {
  for (const Channel::Kind kind : {Channel::Kind::pipe, Channel::Kind::socket}) {
    Channel channel(kind);
    channel.close_reader();
    Logs logs({.fd = channel.writer()});
    for (int i = 0; i < 10; ++i) logs.write(Level::info, "x");
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (logs.lines_lost() < 10 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(logs.lines_lost(), 10u);
  }
}

TEST(Logs, AClosedDescriptorLosesLines) {
  Logs logs({.fd = 1'000'000});
  logs.write(Level::info, "x");
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (logs.lines_lost() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(logs.lines_lost(), 1u);
}

TEST(Logs, TwoInOneProcess) {
  Channel one;
  Channel other;
  {
    Logs a({.fd = one.writer()});
    Logs b({.fd = other.writer()});
    a.write(Level::info, "a");
    b.write(Level::info, "b");
  }
  EXPECT_THAT(values(one.all(), "event"), ElementsAre("a"));
  EXPECT_THAT(values(other.all(), "event"), ElementsAre("b"));
}

}  // namespace

}  // namespace weft::mgmt
