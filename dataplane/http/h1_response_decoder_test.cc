// What the bytes of a response mean depends on the request; how its connection goes on.
#include "dataplane/http/h1_response_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/h1_forward.h"

namespace weft {
namespace {

using test::forward_responses;
using test::Outcome;
using test::request_of;

Outcome answer(const RequestHead& request, std::string_view text, bool ended = false) {
  const Slice pieces[] = {Slice::copy_of(text)};
  return forward_responses(pieces, {&request, 1}, ended);
}

RequestHead websocket_request() {
  RequestHead head = request_of(Method::get);
  head.upgrade = Upgrade::websocket;
  head.body = BodyKind::tunnel;
  return head;
}

TEST(H1ResponseDecoder, AResponseToHeadHasNoBodyWhateverItSays) {
  const RequestHead head = request_of(Method::head);
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(answer(head, text).forwarded, text);
  EXPECT_TRUE(answer(head, text).idle);
  EXPECT_TRUE(answer(head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").idle);
  EXPECT_TRUE(answer(head, "HTTP/1.1 200 OK\r\n\r\n").keeps_alive);
}

TEST(H1ResponseDecoder, WithoutALengthTheBodyEndsWithTheConnection) {
  const RequestHead get = request_of(Method::get);
  const std::string text = "HTTP/1.1 200 OK\r\n\r\nbody";
  EXPECT_EQ(answer(get, text).messages, 0u);
  const Outcome outcome = answer(get, text, true);
  EXPECT_EQ(outcome.forwarded,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
  EXPECT_FALSE(outcome.keeps_alive);
}

TEST(H1ResponseDecoder, AConnectionThatEndsTooEarlyTruncates) {
  const RequestHead get = request_of(Method::get);
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n"}) {
    Chain in;
    in.append_copy(std::string_view(text));
    H1ResponseDecoder decoder;
    decoder.expect(get);
    decoder.end_input();
    ResponseEvent event = decoder.next(in);
    while (!std::holds_alternative<Reset>(event)) {
      ASSERT_FALSE(std::holds_alternative<End>(event) || std::holds_alternative<NeedMore>(event));
      event = decoder.next(in);
    }
    EXPECT_EQ(std::get<Reset>(event).reason, ResetReason::truncated);
    EXPECT_FALSE(decoder.is_unanswered());
  }
}

TEST(H1ResponseDecoder, AnEndWithoutAnyByteLeavesTheRequestUnanswered) {
  Chain in;
  H1ResponseDecoder decoder;
  decoder.expect(request_of(Method::get));
  EXPECT_TRUE(std::holds_alternative<NeedMore>(decoder.next(in)));
  decoder.end_input();
  EXPECT_TRUE(std::holds_alternative<Reset>(decoder.next(in)));
  EXPECT_TRUE(decoder.is_unanswered());
  EXPECT_FALSE(decoder.keeps_alive());
}

TEST(H1ResponseDecoder, InterimResponsesComeBeforeTheLastWord) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const Outcome outcome = answer(request_of(Method::post), text);
  EXPECT_EQ(outcome.forwarded, text);
  EXPECT_EQ(outcome.messages, 1u);
}

TEST(H1ResponseDecoder, ResponsesFollowEachOther) {
  RequestHead requests[2];
  requests[0].method = Method::head;
  const std::string text =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
      "unasked";
  const Slice pieces[] = {Slice::copy_of(text)};
  const Outcome outcome = forward_responses(pieces, requests, false);
  EXPECT_EQ(outcome.messages, 2u);
  EXPECT_EQ(outcome.left, "unasked");
  EXPECT_TRUE(outcome.idle);
}

TEST(H1ResponseDecoder, AnUpgradeThatWasAskedForIsATunnel) {
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: upgrade\r\n"
      "Upgrade: websocket\r\n\r\n";
  const Outcome outcome = answer(websocket_request(), head + "frames", true);
  EXPECT_EQ(outcome.forwarded, head + "frames");
  EXPECT_FALSE(outcome.keeps_alive);
  EXPECT_EQ(answer(request_of(Method::get), head).refusal, Refusal::upgrade_unexpected);
  EXPECT_EQ(answer(websocket_request(),
                   "HTTP/1.1 101 x\r\nUpgrade: h2c\r\n"
                   "Connection: upgrade\r\n\r\n")
                .refusal,
            Refusal::upgrade_unexpected);
  EXPECT_EQ(answer(websocket_request(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").forwarded,
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
}

TEST(H1ResponseDecoder, ConnectIsATunnelIfItSucceeds) {
  const RequestHead connect = request_of(Method::connect);
  EXPECT_EQ(answer(connect, "HTTP/1.1 200 OK\r\n\r\nbytes", true).forwarded,
            "HTTP/1.1 200 OK\r\n\r\nbytes");
  EXPECT_EQ(answer(connect, "HTTP/1.1 407 x\r\nContent-Length: 1\r\n\r\nx").messages, 1u);
  EXPECT_EQ(answer(connect, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").refusal,
            Refusal::body_forbidden);
}

TEST(H1ResponseDecoder, ConnectionsGoOnAsTheVersionHasIt) {
  const auto keeps_alive = [](const std::string& version, const std::string& fields) {
    return answer(request_of(Method::get),
                  version + " 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n")
        .keeps_alive;
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1", ""));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0", ""));
  EXPECT_TRUE(keeps_alive("HTTP/1.0", "Connection: keep-alive\r\n"));
}

}  // namespace
}  // namespace weft
