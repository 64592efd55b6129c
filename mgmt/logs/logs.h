// Structured logs: one JSON object a line, {"ts":"2025-01-31T10:00:00.123Z","level":"info",
// "event":"endpoint_down","cluster":"web",...}. Formatted where they are written, printed by a
// thread of their own, so that a slow or stuck reader of stderr never holds up a caller.
//
// Bounds: a line has at most line_bytes_max bytes (longer values are cut, "truncated":true says
// so), the queue at most Options::lines_max lines; beyond that the oldest waiting lines are lost,
// counted, and reported by an event "log_lines_lost" once there is room again. Thread safety: every
// method from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace weft::mgmt {

enum class Level : uint8_t { debug, info, warn, error };

std::string_view name(Level level);
// The inverse of name; nothing for any other word.
std::optional<Level> parse_level(std::string_view word);

// One key and value of a line. Strings are borrowed until write returns. Keys are identifiers of
// ours; "ts", "level", "event" are taken.
struct LogField {
  using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool>;

  LogField(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, const char* text)
      : key(field_key), value(std::string_view(text)) {}
  LogField(std::string_view field_key, const std::string& text)
      : key(field_key), value(std::string_view(text)) {}
  template <class T>
  requires std::is_arithmetic_v<T> LogField(std::string_view field_key, T number)
      : key(field_key), value(widened(number)) {}

  std::string_view key;
  Value value;

 private:
  template <class T>
  static Value widened(T number) {
    if constexpr (std::is_same_v<T, bool>) {
      return number;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(number);
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<int64_t>(number);
    } else {
      return static_cast<uint64_t>(number);
    }
  }
};

class Logs {
 public:
  // PIPE_BUF: the lines of several writers on one pipe never mix.
  static constexpr uint32_t line_bytes_max = 4096;

  struct Options {
    int fd = 2;
    Level level = Level::info;
    uint32_t lines_max = 8192;
    // When the gateway ends, waiting lines are given this long; then they are lost.
    std::chrono::milliseconds linger_ms{500};
    std::function<std::chrono::system_clock::time_point()> now = [] {
      return std::chrono::system_clock::now();
    };
  };

  explicit Logs(Options options);
  ~Logs();
  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;

  void write(Level level, std::string_view event, std::span<const LogField> fields);
  void write(Level level, std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(level, event, std::span<const LogField>(fields.begin(), fields.size()));
  }

  void set_level(Level level);
  Level level() const;
  // Lines that never came out: the queue was full, the reader gone or too slow at the end.
  uint64_t lines_lost() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace weft::mgmt
