#include "dataplane/http/refusal.h"

#include <array>

namespace weft {
namespace {

struct Entry {
  Refusal refusal;
  std::string_view name;
  uint16_t status;
};

constexpr std::array<Entry, static_cast<std::size_t>(Refusal::count)> entries = {{
    {Refusal::none, "none", 0},
    {Refusal::request_line_too_long, "request_line_too_long", 414},
    {Refusal::fields_too_long, "fields_too_long", 431},
    {Refusal::fields_too_many, "fields_too_many", 431},
    {Refusal::field_name_too_long, "field_name_too_long", 431},
    {Refusal::trailers_too_long, "trailers_too_long", 431},
    {Refusal::chunk_extension_too_long, "chunk_extension_too_long", 400},
    {Refusal::connection_options_too_many, "connection_options_too_many", 431},
    {Refusal::method_too_long, "method_too_long", 501},
    {Refusal::bare_cr, "bare_cr", 400},
    {Refusal::bare_lf, "bare_lf", 400},
    {Refusal::empty_line_repeated, "empty_line_repeated", 400},
    {Refusal::line_folded, "line_folded", 400},
    {Refusal::request_line_malformed, "request_line_malformed", 400},
    {Refusal::method_malformed, "method_malformed", 400},
    {Refusal::target_malformed, "target_malformed", 400},
    {Refusal::target_form_wrong, "target_form_wrong", 400},
    {Refusal::scheme_unsupported, "scheme_unsupported", 400},
    {Refusal::scheme_misdirected, "scheme_misdirected", 421},
    {Refusal::version_malformed, "version_malformed", 400},
    {Refusal::version_unsupported, "version_unsupported", 505},
    {Refusal::status_line_malformed, "status_line_malformed", 400},
    {Refusal::field_name_malformed, "field_name_malformed", 400},
    {Refusal::space_before_colon, "space_before_colon", 400},
    {Refusal::colon_missing, "colon_missing", 400},
    {Refusal::field_value_malformed, "field_value_malformed", 400},
    {Refusal::authority_malformed, "authority_malformed", 400},
    {Refusal::host_missing, "host_missing", 400},
    {Refusal::host_repeated, "host_repeated", 400},
    {Refusal::host_mismatch, "host_mismatch", 400},
    {Refusal::content_length_malformed, "content_length_malformed", 400},
    {Refusal::content_length_overflow, "content_length_overflow", 400},
    {Refusal::content_length_repeated, "content_length_repeated", 400},
    {Refusal::length_ambiguous, "length_ambiguous", 400},
    {Refusal::transfer_encoding_repeated, "transfer_encoding_repeated", 400},
    {Refusal::transfer_encoding_unsupported, "transfer_encoding_unsupported", 501},
    {Refusal::transfer_encoding_too_early, "transfer_encoding_too_early", 400},
    {Refusal::body_forbidden, "body_forbidden", 400},
    {Refusal::chunk_size_malformed, "chunk_size_malformed", 400},
    {Refusal::chunk_size_overflow, "chunk_size_overflow", 400},
    {Refusal::chunk_extension_malformed, "chunk_extension_malformed", 400},
    {Refusal::chunk_end_malformed, "chunk_end_malformed", 400},
    {Refusal::trailer_forbidden, "trailer_forbidden", 400},
    {Refusal::path_escape_malformed, "path_escape_malformed", 400},
    {Refusal::path_nul, "path_nul", 400},
    {Refusal::path_slash_escaped, "path_slash_escaped", 400},
    {Refusal::path_backslash, "path_backslash", 400},
    {Refusal::upgrade_unexpected, "upgrade_unexpected", 400},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (static_cast<std::size_t>(entries[i].refusal) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::string_view name_of(Refusal refusal) {
  return entries[static_cast<std::size_t>(refusal)].name;
}

uint16_t status_of(Refusal refusal) {
  return entries[static_cast<std::size_t>(refusal)].status;
}

}  // namespace weft
