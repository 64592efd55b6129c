#include "dataplane/http/h1_status_line.h"

#include <algorithm>
#include <iterator>

#include "dataplane/http/h1_request_line.h"
#include "dataplane/http/text_scan.h"

namespace weft {
namespace {

struct Reason {
  uint16_t status;
  std::string_view text;
};

constexpr Reason reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};
static_assert(std::ranges::is_sorted(reasons, {}, &Reason::status));

constexpr int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : -1;
}

constexpr uint16_t status_max = 599;

}  // namespace

// An empty one is somewhere, too: who writes it copies from there.
std::string_view reason_of(uint16_t status) {
  const Reason* found = std::ranges::lower_bound(reasons, status, {}, &Reason::status);
  return found != std::end(reasons) && found->status == status ? found->text : std::string_view("");
}

StatusLine read_status_line(ResponseHead& head) {
  const char* const line = head.fields.arena().at(0);
  const VersionText version = read_version(line);
  if (version.refusal != Refusal::none) return {version.refusal};
  const char* const status = line + VersionText::bytes + 1;
  const bool digits =
      status[-1] == ' ' && digit(status[0]) >= 1 && digit(status[1]) >= 0 && digit(status[2]) >= 0;
  if (!digits) return {Refusal::status_line_malformed};
  head.version = version.version;
  head.status =
      static_cast<uint16_t>(digit(status[0]) * 100 + digit(status[1]) * 10 + digit(status[2]));
  const char* const reason = status + 3;
  if (head.status > status_max || (*reason != ' ' && *reason != '\r')) {
    return {Refusal::status_line_malformed};
  }
  const char* const end = reason + value_length(reason);
  if (*end != '\r') return {Refusal::status_line_malformed};
  if (end[1] != '\n') return {Refusal::bare_cr};
  return {Refusal::none, static_cast<uint32_t>(end + 2 - line)};
}

}  // namespace weft
