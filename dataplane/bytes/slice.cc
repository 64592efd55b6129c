#include "dataplane/bytes/slice.h"

#include <cstring>
#include <new>

#include "dataplane/bytes/block.h"

namespace weft {

const BufferKind Block::kind{
    .share = [](void* block) { static_cast<Block*>(block)->share(); },
    .release = [](void* block) { static_cast<Block*>(block)->release(); },
};

Block* Block::make(uint32_t room_bytes) {
  return new (::operator new(sizeof(Block) + room_bytes)) Block(room_bytes);
}

void Block::release() {
  DCHECK(shares_ > 0);
  if (--shares_ > 0) return;
  this->~Block();
  ::operator delete(this);
}

std::span<const std::byte> Block::append(std::span<const std::byte> bytes) {
  DCHECK(bytes.size() <= free_bytes());
  std::byte* to = this->bytes() + used_bytes_;
  std::memcpy(to, bytes.data(), bytes.size());
  used_bytes_ += static_cast<uint32_t>(bytes.size());
  return {to, bytes.size()};
}

Slice Slice::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  Block* block = Block::make(static_cast<uint32_t>(bytes.size()));
  return {block->append(bytes), block, Block::kind, block->pinned_bytes()};
}

Slice Slice::of_static(std::string_view text) {
  Slice slice;
  slice.data_ = reinterpret_cast<const std::byte*>(text.data());
  slice.size_ = static_cast<uint32_t>(text.size());
  return slice;
}

}  // namespace weft
