#include "dataplane/worker/record_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <thread>

namespace weft {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(RecordRing, ARecordIsBothParts) {
  RecordRing ring(64);
  EXPECT_TRUE(ring.front().empty());
  ASSERT_TRUE(ring.push(bytes_of("head "), bytes_of("body")));
  EXPECT_EQ(text_of(ring.front()), "head body");
  EXPECT_EQ(text_of(ring.front()), "head body");
  ring.pop();
  EXPECT_TRUE(ring.front().empty());
}

TEST(RecordRing, AFullRingTakesNothingUntilThereIsRoom) {
  RecordRing ring(64);
  ASSERT_TRUE(ring.push(bytes_of("0123456789abcdef"), {}));  // 24 bytes with its length
  ASSERT_TRUE(ring.push(bytes_of("ABCDEFGHIJKLMNOP"), {}));
  EXPECT_FALSE(ring.push(bytes_of("too long"), bytes_of("!")));
  ASSERT_TRUE(ring.push(bytes_of("fits"), {}));
  EXPECT_FALSE(ring.push(bytes_of("x"), {}));
  ring.pop();
  EXPECT_TRUE(ring.push(bytes_of("x"), {}));
  EXPECT_EQ(text_of(ring.front()), "ABCDEFGHIJKLMNOP");
}

// Against a queue, with records of every length around the end of the memory.
TEST(RecordRing, RecordsComeOutWholeAndInOrder) {
  RecordRing ring(1024);
  std::deque<std::string> expected;
  std::mt19937 random(1);
  uint32_t taken = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string record(1 + random() % 300, static_cast<char>('a' + step % 26));
    if (ring.push(bytes_of(record), {})) expected.push_back(record);
    if (random() % 2 == 0 && !expected.empty()) {
      ASSERT_EQ(text_of(ring.front()), expected.front());
      ring.pop();
      expected.pop_front();
      ++taken;
    }
  }
  EXPECT_GT(taken, 5'000u);
}

TEST(RecordRing, OneThreadPushesWhatAnotherTakes) {
  RecordRing ring(4096);
  constexpr uint32_t records = 2'000;
  std::thread producer([&] {
    for (uint32_t i = 0; i < records;) {
      const bool taken =
          ring.push(bytes_of(std::to_string(i)), bytes_of(std::string(i % 200, '.')));
      i += taken;
      if (!taken) std::this_thread::yield();
    }
  });
  for (uint32_t i = 0; i < records;) {
    const auto record = ring.front();
    if (record.empty()) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(text_of(record), std::to_string(i) + std::string(i % 200, '.'));
    ring.pop();
    ++i;
  }
  producer.join();
}

}  // namespace
}  // namespace weft
