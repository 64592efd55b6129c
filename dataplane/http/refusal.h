// Why a message is refused. The name is the counter's and the log's; the status is what a client is
// told (RFC 9110, 15; RFC 9112). What an instance sends and is refused is always a 502.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft {

enum class Refusal : uint8_t {
  none,
  // limits
  request_line_too_long,
  fields_too_long,
  fields_too_many,
  field_name_too_long,
  trailers_too_long,
  chunk_extension_too_long,
  connection_options_too_many,
  method_too_long,
  // lines
  bare_cr,
  bare_lf,
  empty_line_repeated,
  line_folded,
  // request line, status line
  request_line_malformed,
  method_malformed,
  target_malformed,    // a byte that no target has, or no form of one
  target_form_wrong,   // not the form that the method needs
  scheme_unsupported,  // neither http nor https
  scheme_misdirected,  // not that of the connection
  version_malformed,
  version_unsupported,  // a sound one, but neither 1.0 nor 1.1 and up
  status_line_malformed,
  // fields
  field_name_malformed,  // empty ones too
  space_before_colon,
  colon_missing,
  field_value_malformed,
  // authority
  authority_malformed,
  host_missing,
  host_repeated,
  host_mismatch,  // with the target's
  // length of the body
  content_length_malformed,
  content_length_overflow,
  content_length_repeated,
  length_ambiguous,  // Content-Length with Transfer-Encoding
  transfer_encoding_repeated,
  transfer_encoding_unsupported,
  transfer_encoding_too_early,  // in HTTP/1.0
  body_forbidden,               // announced where there can be none: CONNECT, its 2xx, 1xx, 204
  chunk_size_malformed,
  chunk_size_overflow,
  chunk_extension_malformed,
  chunk_end_malformed,  // no CRLF behind a chunk's bytes
  trailer_forbidden,    // a field that may not come that late
  // path
  path_escape_malformed,
  path_nul,
  path_slash_escaped,
  path_backslash,
  // responses
  upgrade_unexpected,
  count,
};

// As the enumerator is spelled.
std::string_view name_of(Refusal refusal);

// Requires: not none.
uint16_t status_of(Refusal refusal);

}  // namespace weft
