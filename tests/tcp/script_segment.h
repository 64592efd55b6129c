// Segments as a transcript says them: numbers count from both sides' initial ones, windows are
// bytes, timestamps are milliseconds since the transcript's start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/tcp/segment.h"

namespace weft::test {

struct Block {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Block&) const = default;
};

// What a peer sends.
struct PeerSegment {
  std::optional<uint32_t> seq;  // none: where the peer is
  std::optional<uint32_t> ack;  // none: as before
  uint8_t flags = tcp_flag::ack;
  std::optional<uint32_t> window_bytes;  // none: as before
  std::string payload;
  std::vector<Block> sack;
  std::optional<uint32_t> timestamp;  // none: the peer's clock
  std::optional<uint32_t> echo;       // none: of the last segment that was sent to it
  bool without_timestamps = false;
  bool marked = false;  // congestion experienced
};

// What was sent to it.
struct SentSegment {
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint8_t flags = 0;
  uint32_t window_bytes = 0;
  std::string payload;
  std::vector<Block> sack;
  uint32_t timestamp = 0;
  uint32_t echo = 0;
  bool ecn_capable = false;
  SegmentOptions options;

  std::string text() const;  // for a reader
};

// What is expected of it; what is not said may be anything. PSH is not compared.
struct ExpectedSegment {
  std::optional<uint32_t> seq;
  std::optional<uint32_t> ack;
  std::optional<uint8_t> flags;
  std::optional<uint32_t> window_bytes;
  std::optional<std::string> payload;
  std::optional<uint32_t> payload_bytes;
  std::optional<std::vector<Block>> sack;
  std::optional<uint32_t> timestamp;
  std::optional<uint32_t> echo;
  std::optional<bool> ecn_capable;
};

// Empty: it is as expected.
std::string differences(const ExpectedSegment& expected, const SentSegment& sent);

}  // namespace weft::test
