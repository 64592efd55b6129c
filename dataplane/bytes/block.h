// A heap block that counts its shares: what slices of copied bytes are in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/bytes/slice.h"

namespace weft {

class Block {
 public:
  // With room for so many bytes, and one share: the caller's.
  static Block* make(uint32_t room_bytes);
  static const BufferKind kind;

  void share() { ++shares_; }
  void release();

  std::byte* bytes() { return reinterpret_cast<std::byte*>(this + 1); }
  uint32_t used_bytes() const { return used_bytes_; }
  uint32_t free_bytes() const { return room_bytes_ - used_bytes_; }
  uint32_t pinned_bytes() const { return static_cast<uint32_t>(sizeof(Block)) + room_bytes_; }

  // Appends the bytes and gives where they are now; nobody else may have bytes behind what was
  // used. Requires: bytes.size() <= free_bytes().
  std::span<const std::byte> append(std::span<const std::byte> bytes);

 private:
  explicit Block(uint32_t room_bytes) : room_bytes_(room_bytes) {}

  uint32_t shares_ = 1;
  uint32_t room_bytes_;
  uint32_t used_bytes_ = 0;
};

}  // namespace weft
