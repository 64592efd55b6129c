#include "mgmt/io/prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "mgmt/io/looping_thread.h"
#include "mgmt/io/plain_peer.h"
#include "mgmt/io/prober_fixture.h"
#include "mgmt/io/run_until.h"
#include "mgmt/io/socket_address.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using ProberTcp = ProberFixture;

TEST_F(ProberTcp, ConnectsAndClosesByReset) {
  PlainListener listener;
  const ProbeResult result = probe(tcp_probe(listener.port()));
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.why, "connected");
  EXPECT_TRUE(listener.accept().was_reset());
}

TEST_F(ProberTcp, ARefusedConnectionFails) {
  const ProbeResult result = probe(tcp_probe(closed_port()));
  EXPECT_FALSE(result.passed);
  EXPECT_TRUE(result.conclusive);
  EXPECT_EQ(result.why, "connection refused");
}

TEST_F(ProberTcp, AConnectThatGetsNoAnswerEndsWithTheTimeout) {
  FullListener full;  // its queue takes no more connections, so the kernel answers no SYN
  const Instant start = now();
  const ProbeResult result = probe(tcp_probe(full.port(), milliseconds(50)));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.why, "no connection in 50 ms");
  EXPECT_GE(now() - start, milliseconds(50));
}

TEST_F(ProberTcp, AnotherPortMayBeProbed) {
  PlainListener listener;
  ProbeRequest request = tcp_probe(closed_port());
  request.health.port = listener.port();
  EXPECT_TRUE(probe(request).passed);
}

TEST_F(ProberTcp, IPv6IsProbedToo) {
  ProbeRequest request = tcp_probe(closed_port());
  request.address = *IpAddress::parse("::1");
  const ProbeResult result = probe(request);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.conclusive, result.why == "connection refused") << result.why;
}

TEST_F(ProberTcp, WithoutDescriptorsNothingIsSaidOfTheEndpoint) {
  PlainListener listener;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = dup(0);
  close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const ProbeResult result = probe(tcp_probe(listener.port()));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(result.passed);
  EXPECT_FALSE(result.conclusive);
  EXPECT_THAT(result.why, HasSubstr("Too many open files"));
}

TEST_F(ProberTcp, ProbesBeyondTheBoundWaitForTheirTurnAndAllAreAnswered) {
  FullListener full;
  limit({.running_max = 4});
  std::atomic<int> timed_out = 0;
  thread_.run([&] {
    for (int i = 0; i < 20; ++i) {
      prober_->start(tcp_probe(full.port(), milliseconds(20)), [&](const ProbeResult& result) {
        timed_out += result.why == "no connection in 20 ms";
      });
    }
    EXPECT_EQ(prober_->running(), 4u);
    EXPECT_EQ(prober_->waiting(), 16u);
  });
  EXPECT_TRUE(comes_true([&] { return timed_out == 20; }));
  EXPECT_TRUE(comes_true([&] { return prober_->running() == 0 && prober_->waiting() == 0; }));
}

TEST_F(ProberTcp, ThousandsAtATimeAreAnswered) {
  PlainListener listener;
  std::atomic<int> passed = 0;
  std::thread acceptor([&] {
    for (PlainConnection client = listener.accept(); client.is_open(); client = listener.accept()) {
    }
  });
  thread_.run([&] {
    for (int i = 0; i < 2000; ++i) {
      prober_->start(tcp_probe(listener.port(), seconds(10)),
                     [&](const ProbeResult& result) { passed += result.passed; });
    }
  });
  EXPECT_TRUE(comes_true([&] { return passed == 2000; }));
  listener.close();
  acceptor.join();
}

TEST_F(ProberTcp, ConnectsFromTheSourceThatItIsGiven) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  const SocketAddress any = socket_address(*IpAddress::parse("127.0.0.1"), 0);
  ASSERT_EQ(bind(listening, any.raw(), any.bytes), 0);
  ASSERT_EQ(listen(listening, 8), 0);
  sockaddr_in at{};
  socklen_t bytes = sizeof(at);
  getsockname(listening, reinterpret_cast<sockaddr*>(&at), &bytes);
  ProbeRequest request = http_probe(be16::from_raw(at.sin_port).host());
  request.source = *IpAddress::parse("127.0.0.9");
  std::future<ProbeResult> result = start(request);
  sockaddr_in from{};
  bytes = sizeof(from);
  const int accepted = accept(listening, reinterpret_cast<sockaddr*>(&from), &bytes);
  EXPECT_EQ(be32::from_raw(from.sin_addr.s_addr).host(), 0x7f000009u);
  close(accepted);
  close(listening);
  EXPECT_FALSE(result.get().passed);
}

TEST_F(ProberTcp, ASourceThatTheHostDoesNotHaveSaysNothingOfTheEndpoint) {
  PlainListener listener;
  ProbeRequest request = tcp_probe(listener.port());
  request.source = *IpAddress::parse("203.0.113.1");
  const ProbeResult result = probe(request);
  EXPECT_FALSE(result.conclusive);
  EXPECT_EQ(result.why, "the gateway cannot probe: Cannot assign requested address");
}

TEST_F(ProberTcp, NothingIsCalledAfterTheEndOfTheProber) {
  FullListener full;
  thread_.run([&] {
    prober_->start(tcp_probe(full.port(), milliseconds(5)),
                   [](const ProbeResult&) { FAIL() << "called after the end"; });
    prober_.reset();
  });
  // Another prober's probe of the same kind, started later, ends after it.
  limit({});
  EXPECT_EQ(probe(tcp_probe(full.port(), milliseconds(30))).why, "no connection in 30 ms");
}

}  // namespace
}  // namespace weft::mgmt
