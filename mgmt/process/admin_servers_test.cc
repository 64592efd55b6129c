#include "mgmt/process/admin_servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <optional>

#include "mgmt/io/http_client.h"
#include "mgmt/io/looping_thread.h"
#include "mgmt/io/temporary_folder.h"
#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

using testing::Each;

class AdminServers : public testing::Test {
 protected:
  void SetUp() override {
    looping_.run([this] {
      servers_ = open_admin_servers(
          {.address = "", .socket = socket_, .group = ""}, looping_.loop(), work_,
          {.status = [] { return example_status(2); },
           .report =
               [this] {
                 asked_.count_down();
                 return example_report(example_status(2), workers_);
               },
           .reload = [](const auto& on_done) { on_done(Reloaded{}); },
           .order = [](const auto&, const auto& on_done) { on_done({}); },
           .capture = {},
           .blackholes = [] { return std::vector<IpPrefix>(); },
           .blackhole = [](const auto&, const auto& on_done) { on_done({}); },
           .explain = {},
           .run_elsewhere = {}});
    });
    ASSERT_TRUE(servers_);
  }
  void TearDown() override {
    looping_.run([this] { servers_.reset(); });
  }

  unsigned ask(const std::string& page) const {
    const auto answer = ask_over_socket(socket_, {.target = page}, milliseconds(10'000));
    return answer ? answer->status : 0;
  }
  std::vector<std::future<unsigned>> ask_at_once(int times, const std::string& page) const {
    std::vector<std::future<unsigned>> answers;
    for (int i = 0; i < times; ++i) {
      answers.push_back(std::async(std::launch::async, [this, page] { return ask(page); }));
    }
    return answers;
  }

  static constexpr int scrapes = 4;
  static constexpr int scrapes_waiting_max = 2;
  TemporaryFolder folder_;
  const std::string socket_ = folder_.file("gw.sock");
  ExampleWorkers workers_{1};
  std::latch asked_{scrapes};
  LoopingThread looping_;
  WorkThread work_{"weft-test", scrapes_waiting_max};
  std::optional<Result<std::vector<HttpServer>>> servers_;
};

// While what runs on the thread does not end: probes and failover are judged on the same loop.
TEST_F(AdminServers, ScrapesAtOnceDoNotStopTheLoop) {
  std::latch runs(1);
  std::latch go(1);
  ASSERT_TRUE(work_.run([&] {
    runs.count_down();
    go.wait();
  }));
  runs.wait();
  auto answers = ask_at_once(scrapes, "/metrics");
  asked_.wait();  // all have reached the loop
  EXPECT_EQ(ask("/live"), 200u);
  EXPECT_EQ(ask("/ready"), 200u);
  go.count_down();
  std::vector<unsigned> statuses;
  for (auto& answer : answers) statuses.push_back(answer.get());
  EXPECT_THAT(statuses, Each(testing::AnyOf(200u, 503u)));
  EXPECT_EQ(std::ranges::count(statuses, 503u), scrapes - scrapes_waiting_max);
}

}  // namespace
}  // namespace weft::mgmt
