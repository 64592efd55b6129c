// How a connection of requests goes on: events, credit, keep-alive, tunnels, limits, its end.
#include "dataplane/http/h1_request_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/h1_forward.h"

namespace weft {
namespace {

using test::forward_requests;
using test::Outcome;

// A decoder and the bytes that came.
struct Connection {
  H1RequestDecoder decoder{{}};
  Chain in;

  explicit Connection(std::string_view text) { in.append(Slice::copy_of(text)); }
  template <class Event>
  Event next(uint64_t credit_bytes = credit_bytes_max) {
    RequestEvent event = decoder.next(in, credit_bytes);
    if (!std::holds_alternative<Event>(event)) {
      ADD_FAILURE() << "another event: " << event.index();
      return Event{};
    }
    return std::get<Event>(std::move(event));
  }
};

Outcome forward(const std::string& text, const HttpLimits& limits = {}) {
  const Slice pieces[] = {Slice::copy_of(text)};
  return forward_requests(pieces, limits);
}

TEST(H1RequestDecoder, AHeadIsVersionNeutral) {
  Connection connection(
      "POST /a//b?c=d HTTP/1.1\r\nX: y\r\nHost: a.example:80\r\nConnection: close, TE\r\n"
      "TE: trailers\r\nContent-Length: 2\r\n\r\nhi");
  const auto head = connection.next<RequestHead>();
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.method_name(), "POST");
  EXPECT_EQ(head.authority(), "a.example:80");
  EXPECT_EQ(head.path(), "/a/b");
  EXPECT_EQ(head.path_as_sent(), "/a//b");
  EXPECT_EQ(head.query(), "?c=d");
  EXPECT_EQ(head.body, BodyKind::sized);
  EXPECT_EQ(head.content_length, 2u);
  EXPECT_TRUE(head.accepts_trailers);
  ASSERT_EQ(head.fields.count(), 1u);
  EXPECT_EQ(head.fields[0].name, "X");
  EXPECT_EQ(connection.next<Data>().bytes.text(), "hi");
  connection.next<End>();
  EXPECT_FALSE(connection.decoder.keeps_alive());
}

TEST(H1RequestDecoder, BodiesAreHandedOnWithoutACopy) {
  Connection connection("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  const std::byte* const end = connection.in.front().data() + connection.in.size();
  connection.next<RequestHead>();
  EXPECT_EQ(connection.next<Data>().bytes.front().data(), end - 4);
}

TEST(H1RequestDecoder, NoMoreThanTheCreditIsGiven) {
  for (const char* framing : {"Content-Length: 6\r\n\r\nabcdef",
                              "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"}) {
    Connection connection("PUT / HTTP/1.1\r\nHost: a\r\n" + std::string(framing));
    connection.next<RequestHead>();
    EXPECT_EQ(connection.next<Data>(2).bytes.text(), "ab");
    connection.next<NeedMore>(0);
    EXPECT_EQ(connection.next<Data>(3).bytes.text(), "cde");
    EXPECT_EQ(connection.next<Data>().bytes.text(), "f");
    connection.next<End>(0);
  }
}

TEST(H1RequestDecoder, WhatFollowsStaysUntilItIsAskedFor) {
  const std::string second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  Connection connection("PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" + second);
  EXPECT_EQ(connection.next<RequestHead>().path(), "/1");
  connection.next<Data>();
  connection.next<End>();
  EXPECT_TRUE(connection.decoder.is_idle());
  EXPECT_EQ(connection.in.text(), second);
  EXPECT_EQ(connection.next<RequestHead>().path(), "/2");
  EXPECT_FALSE(connection.decoder.is_idle());
  connection.next<End>();
  EXPECT_TRUE(connection.in.empty());
  EXPECT_TRUE(connection.decoder.is_idle());
}

// RFC 9112, 9.3.
TEST(H1RequestDecoder, ConnectionsGoOnAsTheVersionHasIt) {
  const auto keeps_alive = [](const std::string& version_and_fields) {
    return forward("GET / " + version_and_fields + "\r\n\r\n").keeps_alive;
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1\r\nHost: a"));
  EXPECT_TRUE(keeps_alive("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1\r\nHost: a\r\nConnection: Close"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0"));
  EXPECT_TRUE(keeps_alive("HTTP/1.0\r\nConnection: Keep-Alive"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0\r\nConnection: keep-alive, close"));
}

TEST(H1RequestDecoder, BehindTheLastRequestNothingIsRead) {
  const Outcome outcome =
      forward("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_EQ(outcome.messages, 1u);
  EXPECT_EQ(outcome.left, "GET / HTTP/1.1\r\n");
  EXPECT_FALSE(outcome.idle);
}

TEST(H1RequestDecoder, ATunnelBeginsOnlyIfTheResponseAgrees) {
  for (const char* head : {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                           "Connection: upgrade\r\n\r\n",
                           "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"}) {
    Connection connection(std::string(head) + "frames");
    EXPECT_EQ(connection.next<RequestHead>().body, BodyKind::tunnel);
    connection.next<NeedMore>();
    EXPECT_EQ(connection.in.text(), "frames");
    connection.decoder.accept_tunnel();
    EXPECT_EQ(connection.next<Data>(3).bytes.text(), "fra");
    EXPECT_EQ(connection.next<Data>().bytes.text(), "mes");
    connection.next<NeedMore>();
    connection.decoder.end_input();
    connection.next<End>();
  }
}

TEST(H1RequestDecoder, ARefusedTunnelIsARequestWithoutBody) {
  Connection connection(
      "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  connection.next<RequestHead>();
  connection.decoder.refuse_tunnel();
  connection.next<End>();
  EXPECT_EQ(connection.next<RequestHead>().path(), "/2");
}

TEST(H1RequestDecoder, AConnectionThatEndsInsideARequestTruncatesIt) {
  const std::string text =
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t bytes = 1; bytes < text.size(); ++bytes) {
    Connection connection(std::string_view(text).substr(0, bytes));
    connection.decoder.end_input();
    RequestEvent event = connection.decoder.next(connection.in);
    while (std::holds_alternative<RequestHead>(event) || std::holds_alternative<Data>(event)) {
      event = connection.decoder.next(connection.in);
    }
    ASSERT_TRUE(std::holds_alternative<Reset>(event)) << bytes;
    EXPECT_EQ(std::get<Reset>(event).reason, ResetReason::truncated);
  }
  Connection between("");
  between.decoder.end_input();
  between.next<NeedMore>();
  EXPECT_TRUE(between.decoder.is_idle());
}

TEST(H1RequestDecoder, ARefusalIsFinal) {
  Connection connection("GET / HTTP/9.1\r\n\r\n");
  EXPECT_EQ(connection.next<Reset>().refusal, Refusal::version_unsupported);
  connection.in.append_copy("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(connection.next<Reset>().refusal, Refusal::version_unsupported);
  EXPECT_FALSE(connection.decoder.keeps_alive());
}

// Each limit is kept to the byte, wherever the bytes are cut.
struct LimitCase {
  const char* name;
  std::string at_limit;
  std::string beyond;
  Refusal refusal;
};

TEST(H1RequestDecoder, LimitsAreKeptToTheByte) {
  const HttpLimits limits = {.first_line_bytes_max = 100,
                             .head_bytes_max = 400,
                             .fields_max = 5,
                             .trailer_bytes_max = 60,
                             .chunk_extension_bytes_max = 10};
  const auto line = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 14, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  const auto head = [](std::size_t bytes) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return text + std::string(bytes - text.size() - 2, 'a') + "\r\n\r\n";
  };
  const auto fields = [](int count) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    while (--count > 0) text += "X: y\r\n";
    return text + "\r\n";
  };
  const std::string chunked = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto extension = [&](std::size_t bytes) {
    return chunked + "1;" + std::string(bytes, 'e') + "\r\nx\r\n0\r\n\r\n";
  };
  const auto trailers = [&](std::size_t bytes) {
    return chunked + "0\r\nX: " + std::string(bytes - 5, 'a') + "\r\n\r\n";
  };
  const auto name = [](std::size_t bytes) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(bytes, 'n') + ": y\r\n\r\n";
  };
  const LimitCase cases[] = {
      {"line", line(100), line(101), Refusal::request_line_too_long},
      {"head", head(400), head(401), Refusal::fields_too_long},
      {"fields", fields(5), fields(6), Refusal::fields_too_many},
      {"extension", extension(10), extension(11), Refusal::chunk_extension_too_long},
      {"trailers", trailers(60), trailers(61), Refusal::trailers_too_long},
      {"name", name(256), name(257), Refusal::field_name_too_long},
  };
  for (const LimitCase& limit : cases) {
    SCOPED_TRACE(limit.name);
    EXPECT_EQ(name_of(forward(limit.at_limit, limits).refusal), "none");
    const Outcome whole = forward(limit.beyond, limits);
    EXPECT_EQ(name_of(whole.refusal), name_of(limit.refusal));
    for (std::size_t cut = 1; cut < limit.beyond.size(); ++cut) {
      const Slice pieces[] = {Slice::copy_of(std::string_view(limit.beyond).substr(0, cut)),
                              Slice::copy_of(std::string_view(limit.beyond).substr(cut))};
      ASSERT_EQ(forward_requests(pieces, limits), whole) << cut;
    }
  }
}

// A peer that never ends its line is refused when the limit is reached, not when the line ends.
TEST(H1RequestDecoder, EndlessLinesAreRefusedAtTheLimit) {
  Connection connection(std::string(HttpLimits{}.first_line_bytes_max, 'a'));
  connection.next<NeedMore>();
  connection.in.append_copy("a");
  EXPECT_EQ(connection.next<Reset>().refusal, Refusal::request_line_too_long);
}

}  // namespace
}  // namespace weft
