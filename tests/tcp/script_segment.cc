#include "tests/tcp/script_segment.h"

#include <array>
#include <utility>

namespace weft::test {
namespace {

constexpr std::array<std::pair<uint8_t, const char*>, 8> flag_names = {{
    {tcp_flag::syn, "SYN"},
    {tcp_flag::fin, "FIN"},
    {tcp_flag::rst, "RST"},
    {tcp_flag::psh, "PSH"},
    {tcp_flag::ack, "ACK"},
    {tcp_flag::urg, "URG"},
    {tcp_flag::ece, "ECE"},
    {tcp_flag::cwr, "CWR"},
}};

std::string to_text(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) {
    text += "[" + std::to_string(block.begin) + "," + std::to_string(block.end) + ")";
  }
  return text;
}

std::string to_text(const std::string& text) {
  return text;
}

template <class T>
std::string to_text(T number) {
  return std::to_string(number);
}

std::string flags_text(uint8_t flags) {
  std::string text;
  for (const auto& [flag, name] : flag_names) {
    if ((flags & flag) == 0) continue;
    if (!text.empty()) text += '|';
    text += name;
  }
  return text;
}

template <class T>
void compare(std::string& wrong, const char* what, const std::optional<T>& expected,
             const T& sent) {
  if (!expected || *expected == sent) return;
  wrong += std::string("  ") + what + " is " + to_text(sent) + ", not " + to_text(*expected) + "\n";
}

}  // namespace

std::string SentSegment::text() const {
  constexpr std::size_t shown_bytes_max = 32;
  std::string line = "seq " + std::to_string(seq) + " ack " + std::to_string(ack) + " " +
                     flags_text(flags) + " window " + std::to_string(window_bytes);
  line += " payload " + std::to_string(payload.size());
  if (!payload.empty() && payload.size() <= shown_bytes_max) line += " \"" + payload + "\"";
  if (!sack.empty()) line += " sack " + to_text(sack);
  if (options.has_timestamps) {
    line += " timestamps " + std::to_string(timestamp) + " " + std::to_string(echo);
  }
  return line;
}

std::string differences(const ExpectedSegment& expected, const SentSegment& sent) {
  std::string wrong;
  compare(wrong, "seq", expected.seq, sent.seq);
  compare(wrong, "ack", expected.ack, sent.ack);
  constexpr uint8_t compared = 0xff & ~tcp_flag::psh;
  if (expected.flags && ((*expected.flags ^ sent.flags) & compared) != 0) {
    wrong +=
        "  flags are " + flags_text(sent.flags) + ", not " + flags_text(*expected.flags) + "\n";
  }
  compare(wrong, "window", expected.window_bytes, sent.window_bytes);
  compare(wrong, "payload", expected.payload, sent.payload);
  compare(wrong, "payload's size", expected.payload_bytes,
          static_cast<uint32_t>(sent.payload.size()));
  compare(wrong, "sack", expected.sack, sent.sack);
  compare(wrong, "timestamp", expected.timestamp, sent.timestamp);
  compare(wrong, "echo", expected.echo, sent.echo);
  compare(wrong, "ECN capable", expected.ecn_capable, sent.ecn_capable);
  return wrong;
}

}  // namespace weft::test
