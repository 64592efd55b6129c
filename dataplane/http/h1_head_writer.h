// Writes a head or a trailer section into one buffer that a chain takes over.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/bytes/block.h"
#include "dataplane/bytes/chain.h"
#include "dataplane/http/arena.h"
#include "dataplane/http/fields.h"

namespace weft {

// The bytes that those fields take, each with a colon, a space and CRLF.
uint32_t written_bytes(const Fields& fields);

class H1HeadWriter {
 public:
  // Requires: no more is written than `bytes_max`.
  explicit H1HeadWriter(uint32_t bytes_max)
      : block_(Block::make(bytes_max + uint32_t{step_bytes})),
        to_(reinterpret_cast<char*>(block_->bytes())) {}
  H1HeadWriter(const H1HeadWriter&) = delete;
  H1HeadWriter& operator=(const H1HeadWriter&) = delete;

  void constant(std::string_view text) {
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }
  // Requires: it lies in an arena, so that the bytes behind it may be read.
  void text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); i += step_bytes) {
      std::memcpy(to_ + i, text.data() + i, step_bytes);
    }
    to_ += text.size();
  }
  void number(uint64_t value) { to_ = std::to_chars(to_, to_ + 20, value).ptr; }

  // All but those of the set.
  void fields(const Fields& fields, FieldSet without);

  // Moves what was written into the chain.
  void finish(Chain& out) {
    const auto* begin = block_->bytes();
    const auto bytes = static_cast<std::size_t>(reinterpret_cast<std::byte*>(to_) - begin);
    out.append(Slice({begin, bytes}, block_, Block::kind, block_->pinned_bytes()));
  }

 private:
  // What is copied at once: one or two steps are most names and values.
  static constexpr std::size_t step_bytes = 32;
  static_assert(step_bytes <= Arena::slack_bytes);

  Block* block_;  // the share goes to the chain
  char* to_;
};

}  // namespace weft
