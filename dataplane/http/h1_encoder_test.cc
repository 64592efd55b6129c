// What is written for a message by its kind of body, the version and the connection.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/h1_forward.h"

namespace weft {
namespace {

using test::request_of;

std::string written(const RequestHead& head) {
  Chain out;
  H1RequestEncoder encoder;
  encoder.head(head, out);
  return out.text();
}

// A response to that request, with a body where it has one.
std::string written(const ResponseHead& head, const RequestHead& request, bool close = false) {
  Chain out;
  H1ResponseEncoder encoder;
  encoder.answer(request);
  if (close) encoder.close_after();
  encoder.head(head, out);
  Chain body;
  body.append_copy("body");
  encoder.data(std::move(body), out);
  EXPECT_TRUE(encoder.end(out));
  return out.text() + (encoder.keeps_alive() ? "" : "|");
}

ResponseHead response_of(uint16_t status, BodyKind body) {
  ResponseHead head;
  head.status = status;
  head.body = body;
  if (body == BodyKind::sized) head.content_length = 4;
  return head;
}

TEST(H1RequestEncoder, WritesTheTargetThatTheMethodNeeds) {
  RequestHead get = request_of(Method::get);
  get.set_path("/b");
  get.set_query("?c");
  get.set_method("BREW");
  EXPECT_EQ(written(get), "BREW /b?c HTTP/1.1\r\nHost: a\r\n\r\n");
  RequestHead connect = request_of(Method::connect);
  connect.set_authority("a:1");
  EXPECT_EQ(written(connect), "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
}

// Whoever adds such fields does not get them onto the wire.
TEST(H1RequestEncoder, WritesNoHopByHopFieldsButItsOwn) {
  RequestHead head = request_of(Method::post);
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
                           "Proxy-Authorization", "TE", "Transfer-Encoding", "Upgrade", "Host",
                           "HTTP2-Settings", "Content-Length", "Trailer"}) {
    head.fields.add(name, "x");
  }
  head.fields.add("X", "y");
  EXPECT_EQ(written(head), "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
  head.body = BodyKind::open;
  head.accepts_trailers = true;
  EXPECT_EQ(written(head),
            "POST / HTTP/1.1\r\nHost: a\r\nTrailer: x\r\nX: y\r\nTransfer-Encoding: chunked\r\n"
            "Connection: TE\r\nTE: trailers\r\n\r\n");
}

TEST(H1RequestEncoder, SaysThatTheConnectionEnds) {
  Chain out;
  H1RequestEncoder encoder;
  encoder.close_after();
  RequestHead head = request_of(Method::get);
  head.accepts_trailers = true;
  encoder.head(head, out);
  EXPECT_EQ(out.text(),
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\nTE: trailers\r\n\r\n");
}

TEST(H1RequestEncoder, ChunksGoOutWithoutACopy) {
  Chain out;
  H1RequestEncoder encoder;
  RequestHead head = request_of(Method::post);
  head.body = BodyKind::open;
  encoder.head(head, out);
  out.clear();
  const Slice piece = Slice::copy_of(std::string(1000, 'x'));
  Chain body;
  body.append(piece);
  body.append(piece);
  encoder.data(std::move(body), out);
  encoder.data(Chain(), out);
  Fields trailers;
  trailers.add("X", "y");
  encoder.trailers(trailers, out);
  EXPECT_TRUE(encoder.end(out));
  EXPECT_EQ(out.text(), "7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(out.slice(1).data(), piece.data());
  EXPECT_EQ(out.slice(2).data(), piece.data());
}

TEST(H1RequestEncoder, SaysWhetherABodyWasWhole) {
  for (const uint64_t bytes : {3u, 4u}) {
    Chain out;
    H1RequestEncoder encoder;
    RequestHead head = request_of(Method::post);
    head.body = BodyKind::sized;
    head.content_length = 4;
    encoder.head(head, out);
    Chain body;
    body.append_copy(std::string(bytes, 'x'));
    encoder.data(std::move(body), out);
    EXPECT_EQ(encoder.end(out), bytes == 4);
  }
}

TEST(H1RequestEncoder, ATunnelPassesBytesOnceItBegan) {
  Chain out;
  H1RequestEncoder encoder;
  RequestHead head = request_of(Method::get);
  head.upgrade = Upgrade::websocket;
  head.body = BodyKind::tunnel;
  encoder.head(head, out);
  EXPECT_EQ(out.text(),
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  encoder.begin_tunnel();
  out.clear();
  Chain frames;
  frames.append_copy("frames");
  encoder.data(std::move(frames), out);
  EXPECT_EQ(out.text(), "frames");
}

TEST(H1ResponseEncoder, FramesABodyAsTheClientKnowsIt) {
  RequestHead request = request_of(Method::get);
  EXPECT_EQ(written(response_of(200, BodyKind::sized), request),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(written(response_of(200, BodyKind::open), request),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
  EXPECT_EQ(written(response_of(200, BodyKind::none), request),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(written(response_of(200, BodyKind::sized), request, true),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody|");
  request.version = HttpVersion::http1_0;
  EXPECT_EQ(written(response_of(200, BodyKind::sized), request),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody");
  EXPECT_EQ(written(response_of(200, BodyKind::open), request),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody|");
}

TEST(H1ResponseEncoder, SendsNoBodyWhereThereIsNone) {
  const RequestHead head = request_of(Method::head);
  const RequestHead get = request_of(Method::get);
  EXPECT_EQ(written(response_of(200, BodyKind::sized), head),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(written(response_of(200, BodyKind::open), head), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(written(response_of(304, BodyKind::sized), get),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(written(response_of(304, BodyKind::none), get), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(written(response_of(204, BodyKind::sized), get), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(H1ResponseEncoder, InterimResponsesAreNotSentToOldClients) {
  RequestHead request = request_of(Method::get);
  ResponseHead head = response_of(103, BodyKind::none);
  head.fields.add("Link", "a");
  for (const HttpVersion version : {HttpVersion::http1_0, HttpVersion::http1_1}) {
    request.version = version;
    Chain out;
    H1ResponseEncoder encoder;
    encoder.answer(request);
    encoder.interim(head, out);
    EXPECT_EQ(out.text(),
              version == HttpVersion::http1_0 ? "" : "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
  }
}

TEST(H1ResponseEncoder, ARequestThatWasNotReadIsAnsweredAndTheConnectionEnds) {
  Chain out;
  H1ResponseEncoder encoder;
  encoder.answer_unread();
  encoder.head(response_of(400, BodyKind::none), out);
  EXPECT_EQ(out.text(),
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(encoder.keeps_alive());
}

}  // namespace
}  // namespace weft
