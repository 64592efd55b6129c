// Result<T>: a value, or an Error that says what is wrong, whose fault it is and whether to retry.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace weft {

enum class Fault : uint8_t { operator_input, environment, peer };

struct Error {
  std::string message;  // one sentence: what is wrong, where, and what to do
  Fault fault = Fault::environment;
  bool retry = false;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message, Fault fault = Fault::environment,
                                  bool retry = false) {
  return tl::unexpected<Error>(Error{std::move(message), fault, retry});
}

}  // namespace weft
