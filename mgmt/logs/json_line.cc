#include "mgmt/logs/json_line.h"

#include <fmt/format.h>

#include <cmath>

#include "dataplane/base/utf8.h"

namespace weft::mgmt {

namespace {

constexpr std::string_view truncated_end = ",\"truncated\":true}";

std::string timestamp(std::chrono::system_clock::time_point at) {
  using std::chrono::floor;
  const auto ms = floor<std::chrono::milliseconds>(at);
  const auto day = floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(ms - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

// The character at the front of `text` as it stands in a JSON string; takes it from the front.
std::string next_escaped(std::string_view& text) {
  const std::size_t bytes = utf8_character_bytes(text);
  const std::string_view character = text.substr(0, bytes);
  text.remove_prefix(bytes == 0 ? 1 : bytes);
  if (bytes == 0) return "\\ufffd";
  const char c = character[0];
  const auto code = static_cast<uint8_t>(c);
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (code < 0x20 || code == 0x7f) return fmt::format("\\u{:04x}", code);
  // U+0080 to U+009F are control characters to a terminal.
  const bool c1 = bytes == 2 && code == 0xc2 && static_cast<uint8_t>(character[1]) < 0xa0;
  if (c1) return fmt::format("\\u{:04x}", static_cast<uint8_t>(character[1]));
  return std::string(character);
}

struct Text {
  std::string json;  // in quotes
  bool cut = false;
};

Text json_string(std::string_view text, std::size_t bytes_max) {
  Text result{"\""};
  while (!text.empty()) {
    const std::string next = next_escaped(text);
    if (result.json.size() + next.size() + 1 > bytes_max) {
      result.cut = true;
      break;
    }
    result.json += next;
  }
  result.json += '"';
  return result;
}

Text json_value(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return json_string(*text, log_value_bytes_max);
  }
  if (const auto* flag = std::get_if<bool>(&value)) return {*flag ? "true" : "false"};
  if (const auto* number = std::get_if<int64_t>(&value)) return {std::to_string(*number)};
  if (const auto* number = std::get_if<uint64_t>(&value)) return {std::to_string(*number)};
  const double number = std::get<double>(value);
  return {std::isfinite(number) ? fmt::format("{}", number) : "null"};
}

}  // namespace

std::string json_line(std::chrono::system_clock::time_point at, Level level, std::string_view event,
                      std::span<const LogField> fields) {
  constexpr std::size_t bytes_max = Logs::line_bytes_max - 1 - truncated_end.size();
  bool truncated = false;
  const Text name_of_event = json_string(event, log_value_bytes_max);
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","event":{})", timestamp(at),
                                 name(level), name_of_event.json);
  truncated |= name_of_event.cut;
  for (const LogField& field : fields) {
    const Text key = json_string(field.key, log_value_bytes_max);
    const Text value = json_value(field.value);
    truncated |= key.cut || value.cut;
    if (line.size() + key.json.size() + value.json.size() + 2 > bytes_max) {
      truncated = true;
      continue;
    }
    line += fmt::format(",{}:{}", key.json, value.json);
  }
  line += truncated ? truncated_end : "}";
  return line;
}

}  // namespace weft::mgmt
