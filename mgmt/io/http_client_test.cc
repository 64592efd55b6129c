#include "mgmt/io/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "mgmt/io/http_server.h"
#include "mgmt/io/listen_socket.h"
#include "mgmt/io/looping_thread.h"
#include "mgmt/io/plain_peer.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;

constexpr milliseconds patience{10'000};

// Answers one request on a unix socket with given bytes, then closes.
class OneAnswer {
 public:
  OneAnswer(const std::string& path, std::string_view bytes)
      : socket_(ListenSocket::on_path(path, "")), thread_([this, bytes = std::string(bytes)] {
          pollfd wanted{socket_->descriptor(), POLLIN, 0};
          if (poll(&wanted, 1, 10'000) <= 0) return;
          PlainConnection connection(accept(socket_->descriptor(), nullptr, nullptr));
          connection.read_until("\r\n\r\n");
          connection.write(bytes);
        }) {}
  ~OneAnswer() { thread_.join(); }

 private:
  Result<ListenSocket> socket_;
  std::thread thread_;
};

TEST(HttpClient, AsksAServerOnAUnixSocket) {
  const TemporaryFolder folder;
  LoopingThread thread;
  const std::string large(3'000'000, 'x');
  auto server = thread.run([&] {
    return HttpServer::on_socket(thread.loop(), folder.file("gw.sock"), "",
                                 [&](const HttpRequest& request, const HttpRespond& respond) {
                                   respond({.status = request.method == "POST" ? 409u : 200u,
                                            .content_type = "application/json",
                                            .body = request.target + request.body + large});
                                 });
  });
  ASSERT_TRUE(server) << server.error().message;
  const auto got = ask_over_socket(folder.file("gw.sock"), {.target = "/v1/status"}, patience);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200u);
  EXPECT_EQ(got->content_type, "application/json");
  EXPECT_EQ(got->body, "/v1/status" + large);
  const auto posted = ask_over_socket(
      folder.file("gw.sock"), {.method = "POST", .target = "/v1/reload", .body = "now"}, patience);
  ASSERT_TRUE(posted) << posted.error().message;
  EXPECT_EQ(posted->status, 409u);
  EXPECT_EQ(posted->body, "/v1/reloadnow" + large);
  thread.run([&] { const HttpServer ended = std::move(*server); });
}

TEST(HttpClient, SaysThatNoGatewayListens) {
  const TemporaryFolder folder;
  const std::string path = folder.file("gw.sock");
  const auto missing = ask_over_socket(path, {}, patience);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "no gateway listens on " + path + ": is weftd running?");

  const auto too_long = ask_over_socket(std::string(200, 'x'), {}, patience);
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("longer than 107 bytes"));
}

TEST(HttpClient, SaysThatTheGatewayDoesNotAnswer) {
  const TemporaryFolder folder;
  const auto silent = ListenSocket::on_path(folder.file("gw.sock"), "");
  ASSERT_TRUE(silent);
  const auto got = ask_over_socket(folder.file("gw.sock"), {}, milliseconds(30));
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("does not answer within 30 ms"));
}

TEST(HttpClient, SaysThatWhatAnswersIsNoGateway) {
  const TemporaryFolder folder;
  for (const char* bytes :
       {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsho"}) {
    const OneAnswer server(folder.file("gw.sock"), bytes);
    const auto got = ask_over_socket(folder.file("gw.sock"), {}, patience);
    ASSERT_FALSE(got) << bytes;
    EXPECT_THAT(got.error().message, HasSubstr("is no gateway")) << bytes;
  }
}

class HttpClientParts : public testing::Test {
 protected:
  // What a server that answers so is asked; parts_ has what was taken.
  Result<HttpResponse> ask(std::string_view answer, std::size_t enough_bytes = 1000) {
    const OneAnswer server(socket_, answer);
    return take_over_socket(socket_, {}, patience, [&](std::string_view part) {
      taken_ += part;
      return taken_.size() < enough_bytes;
    });
  }
  TemporaryFolder folder_;
  const std::string socket_ = folder_.file("gw.sock");
  std::string taken_;
};

constexpr std::string_view in_parts =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n";

TEST_F(HttpClientParts, TakesThemUntilTheyEnd) {
  const auto response = ask(std::string(in_parts) + "0\r\n\r\n");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200u);
  EXPECT_EQ(taken_, "one two");
  EXPECT_EQ(response->body, "");
}

TEST_F(HttpClientParts, EndsWhenItHasEnough) {
  ASSERT_TRUE(ask(in_parts, 3));
  EXPECT_EQ(taken_.substr(0, 4), "one ");
}

TEST_F(HttpClientParts, SaysThatTheyBrokeOff) {
  const auto response = ask(in_parts);
  ASSERT_FALSE(response);
  EXPECT_EQ(taken_, "one two");
  EXPECT_THAT(response.error().message, HasSubstr("what answers on " + socket_));
}

TEST_F(HttpClientParts, AnotherStatusHasItsBody) {
  const auto response = ask("HTTP/1.1 503 Full\r\nContent-Length: 4\r\n\r\nfull");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503u);
  EXPECT_EQ(response->body, "full");
  EXPECT_EQ(taken_, "");
}

}  // namespace
}  // namespace weft::mgmt
