#include "mgmt/admin/admin_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AdminHandlerTest : public testing::Test {
 protected:
  AdminActions actions() {
    return {.status = [this] { return status_; },
            .report = [this] { return example_report(status_, workers_); },
            .reload = [this](auto on_done) { reloads_.push_back(std::move(on_done)); },
            .order =
                [this](Order order, auto on_done) {
                  orders_.push_back(std::move(order));
                  on_done(order_result_);
                },
            .capture = [this](const CaptureRequest& request) -> Result<HttpParts> {
              captures_.push_back(request);
              if (!capture_result_) return tl::unexpected(capture_result_.error());
              return [] { return std::optional<std::string>(); };
            },
            .blackholes = [this] { return blackholes_; },
            .blackhole =
                [this](const BlackholeChange& change, auto on_done) {
                  blackholes_.insert(blackholes_.end(), change.add.begin(), change.add.end());
                  on_done(order_result_);
                },
            .explain =
                [this](const ExplainRequest& request, auto on_done) {
                  explained_.push_back(request);
                  on_done(explanation_);
                },
            .run_elsewhere =
                [this](auto work) {
                  if (elsewhere_full_) return false;
                  elsewhere_.push_back(std::move(work));
                  return true;
                }};
  }
  // The answer, once what runs elsewhere has run.
  std::optional<HttpResponse> ask(HttpRequest request, Reach reach = Reach::socket) {
    std::optional<HttpResponse> answer;
    admin_handler(actions(), reach)(request, [&](HttpResponse response) { answer = response; });
    for (const auto& work : elsewhere_) work();
    elsewhere_.clear();
    return answer;
  }

  GatewayStatus status_ = example_status(2);
  ExampleWorkers workers_{1};
  std::vector<std::function<void(Result<Reloaded>)>> reloads_;
  std::vector<Order> orders_;
  Result<void> order_result_;
  std::vector<CaptureRequest> captures_;
  Result<void> capture_result_;
  std::vector<IpPrefix> blackholes_;
  std::vector<ExplainRequest> explained_;
  Result<Explanation> explanation_;
  std::vector<std::function<void()>> elsewhere_;
  bool elsewhere_full_ = false;
};

TEST_F(AdminHandlerTest, TheSocketAnswersEverything) {
  const auto status = ask({.target = "/v1/status?x=1"});
  EXPECT_EQ(status->status, 200u);
  EXPECT_EQ(status->content_type, "application/json");
  EXPECT_THAT(status->body, StartsWith("{\"gateway\":\"gw-1\""));
  const auto metrics = ask({.target = "/metrics"});
  EXPECT_EQ(metrics->content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(metrics->body, HasSubstr("\nweft_ready 1\n"));
  EXPECT_EQ(ask({.target = "/live"})->body, "live\n");
  EXPECT_EQ(ask({.target = "/ready"})->body, "ready\n");
}

TEST_F(AdminHandlerTest, TheAddressAnswersNothingUnderV1) {
  for (const char* path : {"/metrics", "/ready", "/live"}) {
    EXPECT_EQ(ask({.target = path}, Reach::address)->status, 200u) << path;
  }
  EXPECT_EQ(ask({.target = "/v1/status"}, Reach::address)->status, 404u);
  EXPECT_EQ(ask({.method = "POST", .target = "/v1/reload"}, Reach::address)->status, 404u);
  EXPECT_TRUE(reloads_.empty());
}

TEST_F(AdminHandlerTest, RenderingRunsElsewhereAndShowsTheMomentOfTheRequest) {
  std::optional<HttpResponse> answer;
  admin_handler(actions(), Reach::socket)({.target = "/metrics"},
                                          [&](HttpResponse response) { answer = response; });
  EXPECT_FALSE(answer);
  ASSERT_EQ(elsewhere_.size(), 1u);
  status_.snapshot_generation = 18;
  elsewhere_[0]();
  EXPECT_THAT(answer->body, HasSubstr("\nweft_snapshot_generation 17\n"));
}

TEST_F(AdminHandlerTest, TooManyPagesAtOnceAre503) {
  elsewhere_full_ = true;
  EXPECT_EQ(ask({.target = "/metrics"})->status, 503u);
  EXPECT_EQ(ask({.target = "/v1/status"})->status, 503u);
  EXPECT_EQ(ask({.target = "/ready"})->status, 200u);
}

TEST_F(AdminHandlerTest, AReloadIsAnsweredWhenItIsDone) {
  std::optional<HttpResponse> answer;
  const HttpHandler handler = admin_handler(actions(), Reach::socket);
  const HttpRequest request{.method = "POST", .target = "/v1/reload"};
  const auto keep = [&](HttpResponse response) { answer = response; };
  handler(request, keep);
  EXPECT_FALSE(answer);
  ASSERT_EQ(reloads_.size(), 1u);
  reloads_[0](Reloaded{});
  EXPECT_EQ(answer->status, 200u);

  handler(request, keep);
  reloads_[1](fail("weft.toml:3:1: unknown key \"listner\"", Fault::operator_input));
  EXPECT_EQ(answer->status, 409u);
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->body, "{\"error\":\"weft.toml:3:1: unknown key \\\"listner\\\"\"}\n");
}

TEST_F(AdminHandlerTest, AReloadThatWaitsIs202) {
  std::optional<HttpResponse> answer;
  admin_handler(actions(), Reach::socket)({.method = "POST", .target = "/v1/reload"},
                                          [&](HttpResponse response) { answer = response; });
  reloads_.at(0)(Reloaded{.waits = "the reload waits: 8 generations are in use"});
  EXPECT_EQ(answer->status, 202u);
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->body, "{\"waits\":\"the reload waits: 8 generations are in use\"}\n");
}

TEST_F(AdminHandlerTest, AnOrderIsAnsweredByWhatCameOfIt) {
  const HttpRequest request{
      .method = "POST",
      .target = "/v1/order",
      .body = R"({"order": "drain", "endpoint": "web/10.0.0.1:8080", "by": "alice"})",
      .user_id = 0};
  EXPECT_EQ(ask(request)->status, 200u);
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].kind, OrderKind::drain);
  EXPECT_EQ(orders_[0].by, "alice, uid 0");
  order_result_ = fail("there is no cluster \"web\"");
  const auto refused = ask(request);
  EXPECT_EQ(refused->status, 409u);
  EXPECT_EQ(refused->body, "{\"error\":\"there is no cluster \\\"web\\\"\"}\n");
  EXPECT_EQ(ask({.method = "POST", .target = "/v1/order", .body = "drain"})->status, 400u);
  EXPECT_EQ(ask(request, Reach::address)->status, 404u);
  EXPECT_EQ(orders_.size(), 2u);
}

TEST_F(AdminHandlerTest, ACaptureIsAnsweredInParts) {
  const HttpRequest request{
      .method = "POST", .target = "/v1/capture", .body = R"({"drops_only": true})"};
  const auto answer = ask(request);
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->content_type, "application/x-pcapng");
  EXPECT_TRUE(answer->parts);
  ASSERT_EQ(captures_.size(), 1u);
  EXPECT_TRUE(captures_[0].drops_only);
  EXPECT_EQ(ask(request, Reach::address)->status, 404u);
}

TEST_F(AdminHandlerTest, ACaptureThatCannotBeIsRefused) {
  HttpRequest request{.method = "POST", .target = "/v1/capture", .body = "{"};
  EXPECT_EQ(ask(request)->status, 400u);
  EXPECT_TRUE(captures_.empty());
  request.body = "{}";
  capture_result_ = fail("the filter is no valid BPF program", Fault::operator_input);
  EXPECT_EQ(ask(request)->status, 400u);
  capture_result_ = fail("4 captures run already", Fault::operator_input, true);
  const auto full = ask(request);
  EXPECT_EQ(full->status, 503u);
  EXPECT_EQ(full->body, "{\"error\":\"4 captures run already\"}\n");
}

TEST_F(AdminHandlerTest, BlackholesAreChangedAndListed) {
  const auto change = [&](std::string body) {
    return ask({.method = "POST", .target = "/v1/blackhole", .body = std::move(body)});
  };
  EXPECT_EQ(ask({.target = "/v1/blackholes"})->body, "{\"blackholes\":[]}\n");
  EXPECT_EQ(change(R"({"add": ["198.51.100.0/24"]})")->body, "{\"changed\":true}\n");
  EXPECT_EQ(ask({.target = "/v1/blackholes"})->body, "{\"blackholes\":[\"198.51.100.0/24\"]}\n");
  EXPECT_EQ(change("{}")->status, 400u);
  order_result_ = fail("198.51.100.0/25 is not blackholed", Fault::operator_input);
  const auto refused = change(R"({"remove": ["198.51.100.0/25"]})");
  EXPECT_EQ(refused->status, 409u);
  EXPECT_EQ(refused->body, "{\"error\":\"198.51.100.0/25 is not blackholed\"}\n");
  EXPECT_EQ(ask({.target = "/v1/blackholes"}, Reach::address)->status, 404u);
}

TEST_F(AdminHandlerTest, AnExplanationIsAnsweredOrRefused) {
  HttpRequest request{.method = "POST", .target = "/v1/explain", .body = R"({"packet": "45"})"};
  explanation_ = Explanation{.verdict = "drop", .drop = "land"};
  EXPECT_THAT(ask(request)->body, HasSubstr(R"("drop":"land")"));
  EXPECT_EQ(explained_.at(0).bytes.size(), 1u);
  EXPECT_EQ(ask(request, Reach::address)->status, 404u);
  explanation_ = fail("there is no interface \"x\"", Fault::operator_input);
  EXPECT_EQ(ask(request)->status, 400u);
  explanation_ = fail("another packet is being explained", Fault::environment, true);
  EXPECT_EQ(ask(request)->status, 503u);
  request.body = "{";
  EXPECT_EQ(ask(request)->status, 400u);
  EXPECT_EQ(explained_.size(), 3u);
}

TEST_F(AdminHandlerTest, OtherPagesAre404AndOtherMethods405) {
  for (const char* path : {"/", "", "/v1", "/v1/status/", "//metrics", "/Metrics"}) {
    EXPECT_EQ(ask({.target = path})->status, 404u) << path;
  }
  const auto get_reload = ask({.target = "/v1/reload"});
  EXPECT_EQ(get_reload->status, 405u);
  EXPECT_THAT(get_reload->headers, testing::ElementsAre(testing::Pair("Allow", "POST")));
  EXPECT_TRUE(reloads_.empty());
  EXPECT_EQ(ask({.method = "POST", .target = "/metrics"})->status, 405u);
  EXPECT_EQ(ask({.method = "HEAD", .target = "/metrics"})->status, 200u);
  EXPECT_EQ(ask({.method = "HEAD", .target = "/v1/reload"})->status, 405u);
}

TEST_F(AdminHandlerTest, NotReadySaysWhatIsMissing) {
  status_.listeners[0].ready = false;
  status_.listeners[0].why = "waits for the first probes";
  auto answer = ask({.target = "/ready"}, Reach::address);
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(answer->body, "listener web: waits for the first probes\n");
  status_.listeners[0].ready = true;
  status_.phase = Phase::withdrawing;
  answer = ask({.target = "/ready"});
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(answer->body, "the gateway is withdrawing\n");
  EXPECT_EQ(ask({.target = "/live"})->status, 200u);
}

}  // namespace
}  // namespace weft::mgmt
