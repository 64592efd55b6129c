// Bounds on what a peer may send; each has a refusal of its name. A body's bytes are the caller's
// to count.
#pragma once

#include <cstdint>

namespace weft {

struct HttpLimits {
  uint32_t first_line_bytes_max = 8 * 1024;  // request line, status line
  uint32_t head_bytes_max = 32 * 1024;       // with the first line
  uint32_t fields_max = 128;                 // of a head, and of a trailer section
  uint32_t trailer_bytes_max = 8 * 1024;
  uint32_t chunk_extension_bytes_max = 256;  // of one chunk
};
static_assert(HttpLimits{}.first_line_bytes_max < HttpLimits{}.head_bytes_max,
              "a long first line is refused under its own name");

inline constexpr uint32_t method_bytes_max = 32;
inline constexpr uint32_t field_name_bytes_max = 256;
inline constexpr uint32_t connection_options_max = 32;  // each is looked for in all fields

}  // namespace weft
