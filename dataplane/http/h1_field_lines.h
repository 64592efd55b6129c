// The syntax of field lines. RFC 9112, 5; stricter than there, see README.md.
#pragma once

#include <cstdint>

#include "dataplane/http/fields.h"
#include "dataplane/http/refusal.h"

namespace weft {

// Reads the field lines in the bytes [at, end) of the fields' arena and pushes a field for each.
// Requires: every LF there follows a CR, and an empty line ends them.
Refusal read_field_lines(Fields& fields, uint32_t at, uint32_t end);

}  // namespace weft
