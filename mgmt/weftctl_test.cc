// The weftctl program against a server in this process. Its path is the first argument.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

#include "mgmt/admin/admin_handler.h"
#include "mgmt/capture/pcapng.h"
#include "mgmt/io/http_server.h"
#include "mgmt/io/looping_thread.h"
#include "mgmt/io/temporary_folder.h"
#include "mgmt/metrics/example_report.h"
#include "mgmt/program_run.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string weftctl_path;

class WeftctlTest : public testing::Test {
 protected:
  void serve() {
    thread_.run([&] {
      auto made = HttpServer::on_socket(thread_.loop(), socket(), "",
                                        admin_handler(actions(), Reach::socket));
      if (made) server_.emplace(std::move(*made));
    });
    ASSERT_TRUE(server_);
  }
  void TearDown() override {
    thread_.run([&] { server_.reset(); });
  }

  AdminActions actions() {
    return {.status = [this] { return status_; },
            .report = [this] { return example_report(status_, workers_); },
            .reload = [this](auto on_done) { on_done(reload_result_); },
            .order =
                [this](const Order& order, auto on_done) {
                  ordered_ = std::string(order_name(order.kind)) + " " + endpoint_text(order) +
                             " by " + order.by;
                  on_done(order_result_);
                },
            .capture = [this](const CaptureRequest& request) -> Result<HttpParts> {
              captured_ = request;
              if (!capture_result_) return tl::unexpected(capture_result_.error());
              return [file = std::optional<std::string>(file_)]() mutable {
                return std::exchange(file, std::nullopt);
              };
            },
            .blackholes = [this] { return blackholes_; },
            .blackhole =
                [this](const BlackholeChange& change, auto on_done) {
                  for (const IpPrefix& prefix : change.remove) std::erase(blackholes_, prefix);
                  blackholes_.insert(blackholes_.end(), change.add.begin(), change.add.end());
                  on_done(order_result_);
                },
            .explain =
                [this](const ExplainRequest& request, auto on_done) {
                  explained_ = request;
                  on_done(explanation_);
                },
            .run_elsewhere =
                [](auto work) {
                  work();
                  return true;
                }};
  }
  std::string socket() const { return folder_.file("gw.sock"); }

  // `before` stands before the command: "setpriv ...".
  ProgramRun run(const std::string& words, const std::string& before = "") {
    return run_program(before + " '" + weftctl_path + "' --socket '" + socket() + "' " + words);
  }

  TemporaryFolder folder_;
  GatewayStatus status_ = example_status(2);
  ExampleWorkers workers_{1};
  Result<Reloaded> reload_result_;
  std::string ordered_;
  Result<void> order_result_;
  CaptureRequest captured_;
  Result<void> capture_result_;
  std::string file_;
  std::vector<IpPrefix> blackholes_;
  ExplainRequest explained_;
  Result<Explanation> explanation_;
  LoopingThread thread_;
  std::optional<HttpServer> server_;
};

TEST_F(WeftctlTest, StatusIsATableOrTheJsonAsItIs) {
  serve();
  const ProgramRun table = run("status");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, StartsWith("gateway gw-1  serving, ready"));
  EXPECT_THAT(table.out, HasSubstr("10.0.0.2:8080"));
  EXPECT_THAT(table.err, IsEmpty());
  const ProgramRun json = run("status --json");
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_THAT(json.out, StartsWith("{\"gateway\":\"gw-1\""));
}

TEST_F(WeftctlTest, ReloadSaysHowItWent) {
  serve();
  const ProgramRun taken = run("reload");
  EXPECT_EQ(taken.exit_code, 0);
  EXPECT_EQ(taken.out, "reloaded\n");
  reload_result_ = Reloaded{.waits = "the reload waits: 8 generations are in use"};
  const ProgramRun waits = run("reload");
  EXPECT_EQ(waits.exit_code, 0);
  EXPECT_EQ(waits.out, "the reload waits: 8 generations are in use\n");
  reload_result_ = fail("weft.toml:3:1: unknown key \"listner\"");
  const ProgramRun refused = run("reload");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "weftctl: weft.toml:3:1: unknown key \"listner\"\n");
  EXPECT_THAT(refused.out, IsEmpty());
}

TEST_F(WeftctlTest, OrdersAreCarriedOutInTheNameOfWhoGaveThem) {
  serve();
  const std::string user = "uid " + std::to_string(getuid());
  for (const char* word : {"drain", "disable", "enable"}) {
    const std::string words = std::string(word) + " web/10.0.0.1:8080";
    const ProgramRun outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, words + ": done\n");
    EXPECT_THAT(ordered_, StartsWith(words + " by "));
    EXPECT_THAT(ordered_, testing::EndsWith(user));
  }
  order_result_ = fail("cluster \"web\" has no endpoint 10.0.0.9:80");
  const ProgramRun refused = run("drain web/10.0.0.9:80");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "weftctl: cluster \"web\" has no endpoint 10.0.0.9:80\n");
  EXPECT_THAT(run("drain web").err, HasSubstr("is not CLUSTER/ADDRESS:PORT"));
  EXPECT_EQ(run("drain").exit_code, 1);
}

TEST_F(WeftctlTest, BlackholesAreAddedListedAndRemoved) {
  serve();
  EXPECT_EQ(run("blackhole add 198.51.100.0/24 2001:db8::7").out, "blackhole add: done\n");
  EXPECT_EQ(run("blackhole list").out, "198.51.100.0/24\n2001:db8::7/128\n");
  EXPECT_EQ(run("blackhole remove 198.51.100.0/24").exit_code, 0);
  EXPECT_EQ(run("blackhole list --json").out, "{\"blackholes\":[\"2001:db8::7/128\"]}\n");
  const ProgramRun wrong = run("blackhole add 10.0.0.0/33");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.err, "weftctl: \"10.0.0.0/33\" is no IP address or prefix\n");
  order_result_ = fail("192.0.2.0/24 is not blackholed");
  EXPECT_EQ(run("blackhole remove 192.0.2.0/24").err, "weftctl: 192.0.2.0/24 is not blackholed\n");
  EXPECT_EQ(run("blackhole").exit_code, 1);
}

TEST_F(WeftctlTest, TopShowsRatesAsOftenAsAsked) {
  serve();
  const ProgramRun top = run("top --interval-ms 100 --count 2");
  EXPECT_EQ(top.exit_code, 0);
  const std::string first = top.out.substr(0, top.out.find("gateway", 1));
  EXPECT_THAT(first, HasSubstr("PACKETS/S"));
  EXPECT_THAT(top.out.substr(first.size()), StartsWith("gateway gw-1"));
}

TEST_F(WeftctlTest, ACaptureBecomesAFileOfWholeBlocks) {
  pcapng::write_section(file_, "Weft");
  pcapng::write_interface(file_, {.name = "edge"});
  for (int i = 0; i < 3; ++i) pcapng::write_packet(file_, {.comment = "drop land"});
  pcapng::write_statistics(file_, {.received = 5, .lost = 2});
  const std::string whole = file_;
  pcapng::write_packet(file_, {});
  file_.resize(file_.size() - 4);
  serve();
  const ProgramRun captured =
      run("capture --filter 'tcp port 80' --drops --packets 7 --seconds 9 --snap 96");
  EXPECT_EQ(captured.exit_code, 0);
  EXPECT_EQ(captured.out, whole);
  EXPECT_EQ(captured.err, "3 packets captured, 2 lost\n");
  EXPECT_EQ(captured_.filter, "tcp port 80");
  EXPECT_GT(captured_.program.size(), 5u);
  EXPECT_TRUE(captured_.drops_only);
  EXPECT_EQ(captured_.packets_max, 7u);
  EXPECT_EQ(captured_.duration_s, 9u);
  EXPECT_EQ(captured_.snap_bytes, 96u);
}

TEST_F(WeftctlTest, ACaptureThatCannotBeSaysWhy) {
  serve();
  const ProgramRun misspelt = run("capture --filter 'tcp prt 80'");
  EXPECT_EQ(misspelt.exit_code, 1);
  EXPECT_THAT(misspelt.err, StartsWith("weftctl: the filter \"tcp prt 80\" is not understood"));
  const ProgramRun nowhere = run("capture --output /nowhere/at/all");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_EQ(nowhere.err, "weftctl: cannot write /nowhere/at/all: No such file or directory\n");
  capture_result_ = fail("4 captures run already", Fault::operator_input, true);
  const ProgramRun full = run("capture");
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_EQ(full.err, "weftctl: 4 captures run already\n");
  EXPECT_EQ(run("capture --packets 0").exit_code, 1);
  EXPECT_EQ(run("capture --snap 70000").exit_code, 1);
}

TEST_F(WeftctlTest, ExplainSendsAPacketAndPrintsAStageALine) {
  serve();
  explanation_ = Explanation{
      .interface = "edge", .stages = {{"parse_headers", "dropped: land"}}, .verdict = "drop"};
  const ProgramRun text =
      run("explain 'tcp 192.0.2.1:1 > 203.0.113.10:80' ack ttl=1 --interface edge");
  EXPECT_EQ(text.err, "");
  EXPECT_EQ(text.out, "receive          on edge\nparse_headers    dropped: land\n");
  EXPECT_EQ(explained_.bytes.size(), 40u);
  EXPECT_EQ(explained_.interface, "edge");
  EXPECT_FALSE(explained_.is_frame);
  EXPECT_THAT(run("explain --json 'udp 192.0.2.1:1 > 203.0.113.10:80'").out,
              StartsWith("{\"interface\":\"edge\""));
}

TEST_F(WeftctlTest, ExplainTakesAFrameOfACapture) {
  serve();
  explanation_ = Explanation{};
  std::string capture;
  pcapng::write_section(capture, "Weft");
  pcapng::write_interface(capture, {.name = "edge"});
  for (uint8_t i = 1; i <= 2; ++i) {
    const std::vector<std::byte> frame(60, std::byte{i});
    pcapng::write_packet(capture, {.bytes = frame, .frame_bytes = 60});
  }
  const std::string file = folder_.file("a.pcapng");
  std::ofstream(file, std::ios::binary) << capture;
  EXPECT_EQ(run("explain --frame 2 --pcap " + file).err, "");
  EXPECT_TRUE(explained_.is_frame);
  EXPECT_EQ(explained_.bytes, std::vector<std::byte>(60, std::byte{2}));
  EXPECT_EQ(run("explain --frame 3 --pcap " + file).err,
            "weftctl: " + file + ": it has no frame 3\n");
}

TEST_F(WeftctlTest, WhatCannotBeExplainedIsSaid) {
  serve();
  for (const char* words : {"explain", "explain tcp --pcap x", "explain sctp 1 2"}) {
    const ProgramRun refused = run(words);
    EXPECT_EQ(refused.exit_code, 1) << words;
    EXPECT_THAT(refused.err, HasSubstr("say a packet")) << words;
  }
  explanation_ = fail("there is no interface \"x\": edge, mesh are there", Fault::operator_input);
  EXPECT_EQ(run("explain 'udp 192.0.2.1:1 > 203.0.113.10:80'").err,
            "weftctl: there is no interface \"x\": edge, mesh are there\n");
}

TEST_F(WeftctlTest, WithoutAGatewayItSaysSoInOneLine) {
  for (const char* words : {"status", "status --json", "reload", "top --count 1", "capture",
                            "explain 'icmp 192.0.2.1 > 192.0.2.2'"}) {
    const ProgramRun outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 1) << words;
    EXPECT_EQ(outcome.err, "weftctl: no gateway listens on " + socket() + ": is weftd running?\n");
    EXPECT_THAT(outcome.out, IsEmpty()) << words;
  }
}

TEST_F(WeftctlTest, WithoutPermissionItSaysWhoHasIt) {
  if (geteuid() != 0) GTEST_SKIP() << "becoming nobody takes root";
  serve();
  const std::string folder = folder_.file("");
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  const std::string copy = folder_.file("weftctl");  // the build's folder may be closed to nobody
  std::ofstream(copy, std::ios::binary) << std::ifstream(weftctl_path, std::ios::binary).rdbuf();
  ASSERT_EQ(chmod(copy.c_str(), 0755), 0);
  const std::string real_path = std::exchange(weftctl_path, copy);
  const ProgramRun outcome = run("status", "setpriv --reuid=65534 --regid=65534 --clear-groups");
  weftctl_path = real_path;
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, StartsWith("weftctl: permission denied on " + socket()));
}

TEST_F(WeftctlTest, WrongWordsAreRefused) {
  EXPECT_EQ(run("").exit_code, 1);
  EXPECT_EQ(run("stauts").exit_code, 1);
  EXPECT_EQ(run("top --interval-ms 0").exit_code, 1);
  EXPECT_EQ(run("--help").exit_code, 0);
}

}  // namespace
}  // namespace weft::mgmt

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 2) return 1;
  weft::mgmt::weftctl_path = argv[1];
  return RUN_ALL_TESTS();
}
