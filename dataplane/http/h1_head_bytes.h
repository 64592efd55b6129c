// A block of lines leaves the connection's bytes.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/fields.h"

namespace weft {

// Takes the first bytes off the chain, as the first ones of an arena with room for a field a line.
// Requires: they are there.
inline Fields take_head_bytes(Chain& in, uint32_t bytes, uint32_t lines) {
  Fields fields(bytes, lines);
  const auto text = fields.arena().extend(bytes);
  in.copy_to(0, std::as_writable_bytes(std::span(fields.arena().fill(*text), bytes)));
  in.drop_front(bytes);
  return fields;
}

}  // namespace weft
