// "did you mean": the known word that a mistyped one is nearest to.
#pragma once

#include <span>
#include <string_view>

namespace weft::mgmt::config {

// Letters inserted, left out, replaced or swapped with their neighbour to get from a to b
// (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest candidate, the first of equally near ones; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weft::mgmt::config
