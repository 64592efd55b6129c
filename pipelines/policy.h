// The choices a configuration makes about packets, in one word each: used by the model, the
// snapshot and the stages alike.
#pragma once

#include <cstdint>

namespace weft {

enum class Forward : uint8_t { nat, ipip };
enum class HashOn : uint8_t { five_tuple, source };
enum class OnEndpointDown : uint8_t { reset, move, keep };
enum class Transit : uint8_t { drop, twin };

}  // namespace weft
