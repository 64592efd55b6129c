// What is wrong with what became of a frame, said from the frame's bytes alone. Each function ends
// the process with a message when it finds something.
#pragma once

#include <string_view>

#include "dataplane/wire/burst.h"
#include "pipelines/l4/parse_headers.h"
#include "tests/fuzz/forwarding.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::fuzz {

using test::Bytes;
using test::Decoded;

// Ends the process unless `fine`.
void expect(bool fine, std::string_view complaint, const Bytes& frame);

// parse_headers dropped the frame by this name, or left it live with these headers.
void judge_parsed(const Bytes& frame, const LinkFilter& link, Drop drop, const Headers& headers);

// Whether a drop by parse_headers says something true of the frame.
bool is_true(Drop drop, const Bytes& frame, const Decoded& decoded, const LinkFilter& link);

// `reply` went out in answer to the frame. `own`: the interface's own address.
void judge_reply(const Bytes& frame, const Bytes& reply, std::string_view own);

// The frame, an error about a tunnel's packet, was turned into `reply` to that packet's sender.
void judge_relayed_error(const Bytes& frame, const Bytes& reply, std::string_view own);

}  // namespace weft::fuzz
