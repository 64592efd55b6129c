// Fields that Weft looks at, as numbers: found once when a head is read, cheap to ask for ever
// after. Names are those of the IANA registry, compared without regard to case (RFC 9110, 5.1).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft {

enum class KnownField : uint8_t {
  other,
  accept,
  accept_encoding,
  accept_language,
  age,
  authorization,
  cache_control,
  connection,
  content_encoding,
  content_length,
  content_range,
  content_type,
  cookie,
  date,
  etag,
  expect,
  expires,
  forwarded,
  host,
  http2_settings,
  if_modified_since,
  if_none_match,
  keep_alive,
  last_modified,
  location,
  max_forwards,
  origin,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_connection,
  range,
  referer,
  retry_after,
  sec_websocket_accept,
  sec_websocket_key,
  sec_websocket_version,
  server,
  set_cookie,
  te,
  traceparent,
  tracestate,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  vary,
  via,
  www_authenticate,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_port,
  x_forwarded_proto,
  x_real_ip,
  x_request_id,
  count,
};
static_assert(static_cast<unsigned>(KnownField::count) <= 64, "a set of them is one word");

// Sets of known fields.
using FieldSet = uint64_t;
constexpr FieldSet bit(KnownField field) {
  return FieldSet{1} << static_cast<unsigned>(field);
}
template <class... Fields>
constexpr FieldSet set_of(Fields... fields) {
  return (bit(fields) | ...);
}

// In lower case; empty for `other`.
std::string_view name_of(KnownField field);

// Requires: a token (RFC 9110, 5.6.2).
KnownField known_field(std::string_view name);

// Whether two tokens differ at most in the case of their letters.
bool same_token(std::string_view a, std::string_view b);

}  // namespace weft
