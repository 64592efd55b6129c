#include "mgmt/io/http_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "mgmt/io/prober_fixture.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

// An endpoint that answers a probe's request with given bytes, then closes or stays.
class ProberHttp : public ProberFixture {
 protected:
  // The result of a probe that is answered so; the connection is closed after the bytes.
  ProbeResult answered(std::string_view bytes, ProbeRequest request) {
    request.port = listener_.port();
    std::future<ProbeResult> result = start(request);
    {
      PlainConnection endpoint = listener_.accept();
      endpoint.read_until("\r\n\r\n");
      endpoint.write(bytes);
      if (!bytes.empty()) endpoint.close_write();
      result.wait();
    }
    return result.get();
  }
  ProbeResult answered(std::string_view bytes) { return answered(bytes, http_probe(0)); }

  ProbeRequest with_body(const std::string& body) {
    ProbeRequest request = http_probe(listener_.port());
    request.health.body = body;
    return request;
  }

  PlainListener listener_;
};

TEST_F(ProberHttp, AsksForThePathAtTheHost) {
  ProbeRequest request = http_probe(listener_.port());
  std::future<ProbeResult> result = start(request);
  PlainConnection endpoint = listener_.accept();
  const std::string asked = endpoint.read_until("\r\n\r\n");
  EXPECT_THAT(asked, StartsWith("GET /healthz HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(listener_.port()) + "\r\n"));
  EXPECT_THAT(asked, testing::Not(HasSubstr("Connection: close")));
  endpoint.write(ok_answer);
  EXPECT_EQ(result.get().why, "status 200");
}

TEST_F(ProberHttp, AServiceElsewhereIsAskedForByItsOwnAddress) {
  ProbeRequest request = http_probe(listener_.port());
  request.service = *IpAddress::parse("203.0.113.10");
  std::future<ProbeResult> result = start(request);
  PlainConnection endpoint = listener_.accept();
  EXPECT_THAT(endpoint.read_until("\r\n\r\n"),
              HasSubstr("\r\nHost: 203.0.113.10:" + std::to_string(listener_.port()) + "\r\n"));
  endpoint.write(ok_answer);
  EXPECT_EQ(result.get().why, "status 200");
}

TEST_F(ProberHttp, WithoutReuseItSaysSoAndTheConnectionEndsByReset) {
  ProbeRequest request = http_probe(listener_.port());
  request.health.host = "shop.example";
  request.health.reuse = false;
  std::future<ProbeResult> result = start(request);
  PlainConnection endpoint = listener_.accept();
  const std::string asked = endpoint.read_until("\r\n\r\n");
  EXPECT_THAT(asked, HasSubstr("\r\nHost: shop.example\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nConnection: close\r\n"));
  endpoint.write(ok_answer);
  EXPECT_TRUE(result.get().passed);
  EXPECT_TRUE(endpoint.was_reset());
  EXPECT_EQ(kept(), 0u);
}

TEST_F(ProberHttp, TheStatusDecides) {
  EXPECT_TRUE(answered("HTTP/1.1 399 Odd\r\n\r\n").passed);
  EXPECT_TRUE(answered("HTTP/1.0 204 No Content\r\n\r\n").passed);
  EXPECT_EQ(answered("HTTP/1.1 503 Service Unavailable\r\n\r\n").why,
            "status 503, expected 200-399");
  EXPECT_EQ(answered("HTTP/1.1 101 Switching Protocols\r\n\r\n").why,
            "status 101, expected 200-399");
  ProbeRequest exact = http_probe(0);
  exact.health.last_status = 200;
  EXPECT_EQ(answered("HTTP/1.1 204 No Content\r\n\r\n", exact).why, "status 204, expected 200");
}

TEST_F(ProberHttp, InterimAnswersArePassedOverButNotForEver) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  EXPECT_EQ(answered("HTTP/1.1 100 Continue\r\n\r\n" + interim + ok_answer).why, "status 200");
  std::string many;
  for (int i = 0; i < 100; ++i) many += interim;
  EXPECT_FALSE(answered(many + ok_answer).passed);
}

TEST_F(ProberHttp, TheBodyMustContainTheText) {
  EXPECT_TRUE(answered(ok_answer, with_body("ok")).passed);
  EXPECT_EQ(answered(ok_answer, with_body("fine")).why, "body does not contain \"fine\"");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\n\r\nfine", with_body("ok")).why,
            "body does not contain \"ok\"");
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1;a=b\r\no\r\n1\r\nk\r\n0\r\nTrailer: x\r\n\r\n";
  EXPECT_TRUE(answered(chunked, with_body("ok")).passed);
  // The status comes first: a page that says "ok" with an error is no success.
  EXPECT_EQ(answered("HTTP/1.1 500 Bad\r\nContent-Length: 2\r\n\r\nok", with_body("ok")).why,
            "status 500, expected 200-399");
}

TEST_F(ProberHttp, OnlyTheFirst64KiBOfTheBodyAreSearched) {
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_TRUE(answered(head + std::string(65534, 'x') + "ok", with_body("ok")).passed);
  EXPECT_EQ(answered(head + std::string(65535, 'x') + "ok", with_body("ok")).why,
            "first 65536 bytes of the body do not contain \"ok\"");
}

TEST_F(ProberHttp, AnEndlessBodyCostsNoMoreThanItsFirst64KiB) {
  ProbeRequest request = with_body("ok");
  std::future<ProbeResult> result = start(request);
  PlainConnection endpoint = listener_.accept();
  endpoint.read_until("\r\n\r\n");
  ASSERT_TRUE(endpoint.write("HTTP/1.1 200 OK\r\n\r\n"));
  const std::string block(65536, 'x');
  uint64_t taken_bytes = 0;
  while (endpoint.write(block)) taken_bytes += block.size();
  EXPECT_THAT(result.get().why, HasSubstr("do not contain"));
  EXPECT_LT(taken_bytes, 64u << 20);  // what the kernel's buffers take, then a reset
}

TEST_F(ProberHttp, AnEndlessHeaderFails) {
  std::future<ProbeResult> result = start(http_probe(listener_.port()));
  PlainConnection endpoint = listener_.accept();
  endpoint.read_until("\r\n\r\n");
  ASSERT_TRUE(endpoint.write("HTTP/1.1 200 OK\r\n"));
  while (endpoint.write("X-Line: " + std::string(1000, 'x') + "\r\n")) {
  }
  EXPECT_EQ(result.get().why, "header of the answer is too large");
}

TEST_F(ProberHttp, EndlessChunkExtensionsAndTrailersFail) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_FALSE(answered(head + "1;" + std::string(100'000, 'x'), with_body("ok")).passed);
  EXPECT_FALSE(answered(head + "0\r\nX: " + std::string(100'000, 'x'), with_body("ok")).passed);
}

TEST_F(ProberHttp, GarbageFails) {
  EXPECT_THAT(answered("SSH-2.0-OpenSSH_9.2p1\r\n\r\n").why, StartsWith("not an HTTP answer"));
  EXPECT_THAT(answered("HTTP/1.1 20x OK\r\n\r\n").why, StartsWith("not an HTTP answer"));
  EXPECT_THAT(answered("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").why,
              StartsWith("not an HTTP answer"));
  EXPECT_FALSE(answered(std::string(100'000, '\0')).passed);
}

TEST_F(ProberHttp, AnEarlyEndFails) {
  std::future<ProbeResult> result = start(http_probe(listener_.port()));
  listener_.accept().read_until("\r\n\r\n");
  EXPECT_EQ(result.get().why, "connection closed without an answer");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nX: ").why,
            "connection closed before the answer was complete");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", with_body("ok")).why,
            "connection closed before the answer was complete");
}

TEST_F(ProberHttp, SilenceEndsWithTheTimeout) {
  std::future<ProbeResult> result = start(http_probe(listener_.port(), milliseconds(50)));
  PlainConnection endpoint = listener_.accept();
  EXPECT_EQ(result.get().why, "no answer in 50 ms");
  EXPECT_TRUE(endpoint.was_reset());
}

TEST_F(ProberHttp, ASlowDripEndsWithTheTimeout) {
  const Instant begin = now();
  std::future<ProbeResult> result = start(http_probe(listener_.port(), milliseconds(60)));
  PlainConnection endpoint = listener_.accept();
  endpoint.read_until("\r\n\r\n");
  EXPECT_TRUE(endpoint.write("HTTP/1.1 200 OK\r\nX: "));
  while (endpoint.write("x")) {
    result.wait_for(milliseconds(5));
  }
  EXPECT_EQ(result.get().why, "answer incomplete after 60 ms");
  EXPECT_LT(now() - begin, seconds(5));
}

TEST_F(ProberHttp, TheConnectionIsUsedAgain) {
  const ProbeRequest request = http_probe(listener_.port());
  std::future<ProbeResult> first = start(request);
  PlainConnection endpoint = listener_.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.write(ok_answer);
  EXPECT_TRUE(first.get().passed);
  ASSERT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));

  std::future<ProbeResult> second = start(request);
  EXPECT_THAT(endpoint.read_until("\r\n\r\n"), StartsWith("GET /healthz"));
  endpoint.write("HTTP/1.1 503 Bad\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(second.get().passed);
  EXPECT_FALSE(listener_.has_caller());
  EXPECT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));
}

TEST_F(ProberHttp, AKeptConnectionThatWasClosedIsReplaced) {
  const ProbeRequest request = http_probe(listener_.port());
  for (int i = 0; i < 3; ++i) {
    std::future<ProbeResult> result = start(request);
    PlainConnection endpoint = listener_.accept();
    endpoint.read_until("\r\n\r\n");
    endpoint.write(ok_answer);
    EXPECT_EQ(result.get().why, "status 200");
    ASSERT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));
  }  // the endpoint closes; the next probe comes on a new connection
}

TEST_F(ProberHttp, AKeptConnectionThatIsClosedWhenTheRequestArrivesIsReplaced) {
  const ProbeRequest request = http_probe(listener_.port());
  for (const char* farewell : {"", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"}) {
    std::future<ProbeResult> first = start(request);
    PlainConnection endpoint = listener_.accept();
    endpoint.read_until("\r\n\r\n");
    endpoint.write(ok_answer);
    EXPECT_TRUE(first.get().passed);
    ASSERT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));

    std::future<ProbeResult> second = start(request);
    endpoint.read_until("\r\n\r\n");
    endpoint.write(farewell);
    endpoint.close();
    PlainConnection fresh = listener_.accept();
    EXPECT_THAT(fresh.read_until("\r\n\r\n"), StartsWith("GET /healthz"));
    fresh.write(ok_answer);
    EXPECT_EQ(second.get().why, "status 200");
    ASSERT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));
    fresh.close();
  }
}

TEST_F(ProberHttp, TheSecondAttemptSharesTheTimeout) {
  const ProbeRequest request = http_probe(listener_.port(), milliseconds(1000));
  std::future<ProbeResult> first = start(request);
  PlainConnection endpoint = listener_.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.write(ok_answer);
  EXPECT_TRUE(first.get().passed);
  ASSERT_TRUE(comes_true([&] { return prober_->kept_connections() == 1; }));
  const Instant begin = now();
  std::future<ProbeResult> second = start(request);
  endpoint.read_until("\r\n\r\n");
  second.wait_for(milliseconds(600));
  endpoint.close();
  PlainConnection fresh = listener_.accept();
  EXPECT_EQ(second.get().why, "no answer in 1000 ms");
  EXPECT_LT(now() - begin, milliseconds(1500));
}

TEST_F(ProberHttp, WhatIsNotWholeOrAsksToCloseIsNotKept) {
  for (const std::string answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nunasked"}) {
    EXPECT_TRUE(answered(answer).passed) << answer;
    EXPECT_TRUE(comes_true([&] { return prober_->running() == 0; }));
    EXPECT_EQ(kept(), 0u) << answer;
  }
}

TEST_F(ProberHttp, KeptConnectionsAreBounded) {
  limit({.kept_max = 2});
  std::vector<std::unique_ptr<PlainListener>> listeners;
  std::vector<PlainConnection> endpoints;
  for (int i = 0; i < 3; ++i) {
    listeners.push_back(std::make_unique<PlainListener>());
    std::future<ProbeResult> result = start(http_probe(listeners.back()->port()));
    endpoints.push_back(listeners.back()->accept());
    endpoints.back().read_until("\r\n\r\n");
    endpoints.back().write(ok_answer);
    EXPECT_TRUE(result.get().passed);
    EXPECT_TRUE(comes_true([&] { return prober_->running() == 0; }));
  }
  EXPECT_EQ(kept(), 2u);
  EXPECT_TRUE(endpoints[0].was_reset());  // the longest kept
}

}  // namespace
}  // namespace weft::mgmt
