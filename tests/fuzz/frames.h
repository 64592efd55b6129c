// Frames out of fuzzer input: one of the seeds, edited, its checksums repaired or left, as the
// input says.
#pragma once

#include <span>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/packet_builder.h"

namespace weft::fuzz {

using test::Bytes;

// Edits the frame and repairs its checksums, or not.
void edit_frame(Bytes& frame, Input& input);

Bytes next_frame(Input& input, std::span<const Bytes> seeds);

// One frame of every kind that the parser tells apart. From 10.0.0.1 to 203.0.113.10.
std::vector<Bytes> seeds_of_every_kind();

}  // namespace weft::fuzz
