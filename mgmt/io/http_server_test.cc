#include "mgmt/io/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "mgmt/io/http_client.h"
#include "mgmt/io/looping_thread.h"
#include "mgmt/io/plain_peer.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Echoes what was asked.
void echo(const HttpRequest& request, const HttpRespond& respond) {
  respond({.body = request.method + " " + request.target + " [" + request.body + "]\n",
           .headers = {{"X-Weft", "yes"}}});
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpHandler handler = echo, HttpServerLimits limits = {}) {
    thread_.run([&] {
      auto made = HttpServer::on_address(thread_.loop(), "127.0.0.1:0", std::move(handler), limits);
      if (made) server_ = std::move(*made);
    });
    ASSERT_TRUE(server_);
  }
  void TearDown() override {
    thread_.run([&] { server_.reset(); });
  }
  PlainConnection connect() { return PlainConnection::to_port(server_->port()); }
  std::string ask(std::string_view request) {
    PlainConnection client = connect();
    EXPECT_TRUE(client.write(request));
    return client.read_all();
  }
  uint32_t connections() {
    return thread_.run([&] { return server_->connections(); });
  }
  // Waits until the server has so many connections.
  bool becomes(uint32_t wanted) {
    const Instant deadline = thread_.loop().now() + seconds(10);
    while (connections() != wanted) {
      if (thread_.loop().now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  LoopingThread thread_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, TellsWhoAsksOnAUnixSocket) {
  const auto say_user = [](const HttpRequest& request, const HttpRespond& respond) {
    respond({.body = request.user_id ? std::to_string(*request.user_id) : "nobody"});
  };
  const TemporaryFolder folder;
  const std::string path = folder.file("server.sock");
  thread_.run([&] {
    auto made = HttpServer::on_socket(thread_.loop(), path, "", say_user);
    if (made) server_ = std::move(*made);
  });
  ASSERT_TRUE(server_);
  const Result<HttpResponse> answer = ask_over_socket(path, {}, milliseconds(10'000));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, std::to_string(getuid()));
  start(say_user);
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("\r\n\r\nnobody"));
}

TEST_F(HttpServerTest, AnswersWithTypeLengthAndHeaders) {
  start();
  const std::string answer =
      ask("GET /metrics?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 20\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Weft: yes\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /metrics?a=1 []\n"));
  EXPECT_TRUE(becomes(0));
}

TEST_F(HttpServerTest, KeepsAConnectionAndTakesPipelinedRequests) {
  start();
  PlainConnection client = connect();
  ASSERT_TRUE(
      client.write("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
                   "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string both = client.read_until("GET /b []\n");
  EXPECT_THAT(both, HasSubstr("POST /a [body]\n"));
  EXPECT_THAT(both, HasSubstr("GET /b []\n"));
  ASSERT_TRUE(client.write("GET /c HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.read_until("GET /c []\n"), HasSubstr("GET /c []\n"));
  EXPECT_EQ(connections(), 1u);
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  start();
  const std::string answer = ask("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, TheAnswerMayComeLaterFromAnotherThreadAndOnlyTheFirstCounts) {
  std::vector<std::thread> others;
  start([&](const HttpRequest&, HttpRespond respond) {
    others.emplace_back([respond] {
      respond({.body = "first\n"});
      respond({.body = "second\n"});
    });
  });
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), testing::EndsWith("\r\n\r\nfirst\n"));
  for (std::thread& other : others) other.join();
}

TEST_F(HttpServerTest, AHandlerThatNeverAnswersIs503) {
  start([](const HttpRequest&, const HttpRespond&) {}, {.answer_timeout_ms = milliseconds(20)});
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, AnAnswerForAServerThatIsGoneIsNoError) {
  std::optional<HttpRespond> kept;
  start([&](const HttpRequest&, HttpRespond respond) { kept = std::move(respond); });
  PlainConnection client = connect();
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const Instant deadline = thread_.loop().now() + seconds(10);
  while (!thread_.run([&] { return kept.has_value(); })) ASSERT_LT(thread_.loop().now(), deadline);
  thread_.run([&] { server_.reset(); });
  EXPECT_THAT(client.read_all(), IsEmpty());
  (*kept)({.body = "late\n"});
  EXPECT_TRUE(thread_.run([] { return true; }));
}

TEST_F(HttpServerTest, AResponseInPartsComesAsItIsMadeAndEnds) {
  start([](const HttpRequest&, const HttpRespond& respond) {
    respond({.parts = [left = 4]() mutable -> std::optional<std::string> {
      if (left-- == 0) return {};
      return left % 2 == 1 ? std::string(100, static_cast<char>('0' + left)) : "";
    }});
  });
  const std::string answer = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n64\r\n" + std::string(100, '3') + "\r\n64\r\n" +
                                std::string(100, '1') + "\r\n0\r\n"));
}

TEST_F(HttpServerTest, AClientThatLeavesLetsGoOfItsParts) {
  auto held = std::make_shared<std::string>();
  const std::weak_ptr<std::string> watched = held;
  start([held = std::move(held)](const HttpRequest&, const HttpRespond& respond) mutable {
    respond({.parts = [held = std::move(held)] { return std::optional<std::string>(*held); }});
  });
  PlainConnection client = connect();
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.read_until("chunked"), HasSubstr("chunked"));
  EXPECT_FALSE(watched.expired());
  client.close();
  EXPECT_TRUE(becomes(0));
  EXPECT_TRUE(watched.expired());
}

TEST_F(HttpServerTest, GarbageIs400) {
  start();
  EXPECT_THAT(ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET / HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(becomes(0));
}

TEST_F(HttpServerTest, EndlessHeadersAre431) {
  start();
  PlainConnection client = connect();
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\n"));
  const std::string line = "X-Line: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 1000 && client.write(line); ++i) {
  }
  EXPECT_THAT(client.read_some(), StartsWith("HTTP/1.1 431"));
  client.close();
  EXPECT_TRUE(becomes(0));
}

TEST_F(HttpServerTest, AHeaderLineWithoutAnEndIs431) {
  start();
  EXPECT_THAT(ask("GET /" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, ALargeBodyIs413) {
  start();
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nx"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
                  std::string(0x20000, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, ASlowRequestIsCutOffAndAnIdleConnectionToo) {
  start(echo, {.idle_timeout_ms = milliseconds(30), .request_timeout_ms = milliseconds(30)});
  PlainConnection slow = connect();
  ASSERT_TRUE(slow.write("GET / HT"));
  PlainConnection idle = connect();
  EXPECT_THAT(slow.read_all(), IsEmpty());
  EXPECT_THAT(idle.read_all(), IsEmpty());
  EXPECT_TRUE(becomes(0));
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsCutOff) {
  std::atomic<bool> asked = false;
  start(
      [&](const HttpRequest&, const HttpRespond& respond) {
        asked = true;
        asked.notify_all();
        respond({.body = std::string(64u << 20, 'x')});
      },
      {.response_timeout_ms = milliseconds(50)});
  PlainConnection client = connect();
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  asked.wait(false);
  EXPECT_TRUE(becomes(0));
}

TEST_F(HttpServerTest, ConnectionsAreBoundedAndARoomIsFreeAgain) {
  start(echo, {.connections_max = 2});
  std::optional<PlainConnection> first = connect();
  PlainConnection second = connect();
  ASSERT_TRUE(becomes(2));
  EXPECT_THAT(connect().read_all(), StartsWith("HTTP/1.1 503"));
  first.reset();
  ASSERT_TRUE(becomes(1));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TheEndOfTheServerClosesItsConnections) {
  start();
  PlainConnection client = connect();
  ASSERT_TRUE(becomes(1));
  const uint16_t port = server_->port();
  thread_.run([&] { server_.reset(); });
  EXPECT_THAT(client.read_all(), IsEmpty());
  EXPECT_FALSE(PlainConnection::to_port(port).is_open());
}

}  // namespace
}  // namespace weft::mgmt
