#include "pipelines/l4/syn_cookies.h"

#include <gtest/gtest.h>

#include <set>

namespace weft {
namespace {

const KeyedHash secret({1, 2, 3, 4});
constexpr uint32_t isn = 1000;
constexpr SynOptions offered{
    .timestamp = 7, .mss_bytes = 1460, .window_scale = 9, .sack = true, .timestamps = true};

Headers connection(uint16_t port = 1234) {
  return {.source = *IpAddress::parse("192.0.2.1"),
          .destination = *IpAddress::parse("203.0.113.10"),
          .source_port = be16(port),
          .destination_port = be16(80),
          .protocol = Protocol::tcp,
          .payload = Payload::transport,
          .v4 = true};
}

// The options of the client's ACK.
SynOptions ack_of(const SynCookies::Cookie& cookie, bool timestamps = true) {
  SynOptions options;
  options.timestamps = timestamps;
  options.timestamp = 8;
  options.echo = cookie.timestamp;
  return options;
}

TEST(SynCookies, BringBackWhatTheClientOffered) {
  SynCookies cookies(secret);
  const Instant now = Instant{} + seconds(1000);
  const auto cookie = cookies.make(connection(), isn, offered, now);
  const auto carried = cookies.read(connection(), isn, cookie.sequence, ack_of(cookie), now);
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->mss_bytes, 1460);
  EXPECT_EQ(carried->window_scale, 9);
  EXPECT_TRUE(carried->sack && carried->timestamps);
  EXPECT_EQ(carried->timestamp, 8u) << "that of the ACK";
  EXPECT_EQ(carried->echo, cookie.timestamp);
}

TEST(SynCookies, WithoutTimestampsTheyCarryTheMssAlone) {
  SynCookies cookies(secret);
  SynOptions few = offered;
  few.timestamps = false;
  const auto cookie = cookies.make(connection(), isn, few, Instant{});
  EXPECT_FALSE(cookie.carried.sack);
  EXPECT_EQ(cookie.carried.window_scale, SynOptions::no_window_scale);
  const auto carried =
      cookies.read(connection(), isn, cookie.sequence, ack_of(cookie, false), Instant{});
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->mss_bytes, 1460);
  EXPECT_FALSE(carried->sack);
  EXPECT_EQ(carried->window_scale, SynOptions::no_window_scale);
}

TEST(SynCookies, TheMssIsTheNextSmallerOne) {
  SynCookies cookies(secret);
  for (const auto& [mss, carried] :
       {std::pair{1, 216}, {216, 216}, {535, 216}, {1459, 1452}, {1461, 1460}, {65535, 8940}}) {
    SynOptions options = offered;
    options.mss_bytes = static_cast<uint16_t>(mss);
    const auto cookie = cookies.make(connection(), isn, options, Instant{});
    EXPECT_EQ(cookie.carried.mss_bytes, carried) << mss;
  }
}

TEST(SynCookies, AreGoodForTheirConnectionOnly) {
  SynCookies cookies(secret);
  const auto cookie = cookies.make(connection(), isn, offered, Instant{});
  const auto accepts = [&](const Headers& headers, uint32_t sequence, uint32_t number,
                           const SynOptions& sent) {
    return cookies.read(headers, sequence, number, sent, Instant{}).has_value();
  };
  EXPECT_TRUE(accepts(connection(), isn, cookie.sequence, ack_of(cookie)));
  EXPECT_FALSE(accepts(connection(1235), isn, cookie.sequence, ack_of(cookie)));
  EXPECT_FALSE(accepts(connection(), isn + 1, cookie.sequence, ack_of(cookie)));
  EXPECT_FALSE(accepts(connection(), isn, cookie.sequence ^ 1, ack_of(cookie))) << "another MSS";
  EXPECT_FALSE(accepts(connection(), isn, cookie.sequence, ack_of(cookie, false)));
  SynOptions better = ack_of(cookie);
  better.echo ^= 1;
  EXPECT_FALSE(accepts(connection(), isn, cookie.sequence, better)) << "another window scale";
  SynCookies others(KeyedHash({1, 2, 3, 5}));
  EXPECT_FALSE(others.read(connection(), isn, cookie.sequence, ack_of(cookie), Instant{}));
}

TEST(SynCookies, GuessesAreRare) {
  SynCookies cookies(secret);
  const auto cookie = cookies.make(connection(), isn, offered, Instant{});
  uint32_t found = 0;
  for (uint32_t n = 0; n < 100'000; ++n) {
    found += cookies.read(connection(), isn, n * 40503, ack_of(cookie), Instant{}).has_value();
  }
  EXPECT_LE(found, 1u);
}

TEST(SynCookies, AreGoodForOneToTwoPeriods) {
  for (const int64_t start_s : {0, 63, 64 * 4, 64 * 1000 + 10}) {
    SynCookies cookies(secret);
    const Instant made = Instant{} + seconds(start_s);
    EXPECT_FALSE(cookies.awaited(made));
    const auto cookie = cookies.make(connection(), isn, offered, made);
    const auto good_after = [&](int64_t after_s) {
      return cookies
          .read(connection(), isn, cookie.sequence, ack_of(cookie), made + seconds(after_s))
          .has_value();
    };
    for (const int64_t after_s : {0, 1, 63}) EXPECT_TRUE(good_after(after_s)) << after_s;
    for (const int64_t after_s : {128, 190, 256, 1000}) EXPECT_FALSE(good_after(after_s));
    EXPECT_TRUE(cookies.awaited(made + seconds(127)));
    EXPECT_FALSE(cookies.awaited(made + seconds(128)));
  }
}

TEST(SynCookies, TimestampsNeverGoBackForOneClient) {
  SynCookies cookies(secret);
  uint32_t before = 0;
  for (int64_t ms = 5000; ms < 6000; ++ms) {
    const auto cookie = cookies.make(connection(), isn, offered, Instant{} + milliseconds(ms));
    EXPECT_GE(cookie.timestamp, before);
    EXPECT_LE(cookie.timestamp, static_cast<uint32_t>(ms));
    before = cookie.timestamp;
  }
}

TEST(SynCookies, DifferFromClientToClient) {
  SynCookies cookies(secret);
  std::set<uint32_t> numbers;
  for (uint16_t port = 1; port <= 1000; ++port) {
    numbers.insert(cookies.make(connection(port), isn, offered, Instant{}).sequence);
  }
  EXPECT_EQ(numbers.size(), 1000u);
  EXPECT_EQ(cookies.made(), 1000u);
}

}  // namespace
}  // namespace weft
