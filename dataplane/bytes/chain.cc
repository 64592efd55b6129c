#include "dataplane/bytes/chain.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace weft {
namespace {

constexpr uint32_t first_room = 4;
constexpr uint32_t small_block_bytes = 512;
constexpr uint32_t block_bytes = 2048;

uint32_t room_for(uint32_t slices) {
  return (slices <= 1 ? small_block_bytes : block_bytes) - static_cast<uint32_t>(sizeof(Block));
}

}  // namespace

void Chain::swap(Chain& other) noexcept {
  std::swap(ring_, other.ring_);
  std::swap(room_, other.room_);
  std::swap(first_, other.first_);
  std::swap(count_, other.count_);
  std::swap(size_, other.size_);
  std::swap(pinned_bytes_, other.pinned_bytes_);
}

void Chain::grow() {
  const uint32_t room = room_ == 0 ? first_room : room_ * 2;
  auto* ring = static_cast<Entry*>(::operator new(room * sizeof(Entry)));
  for (uint32_t i = 0; i < count_; ++i) {
    new (&ring[i]) Entry(std::move(at(i)));
    std::destroy_at(&at(i));
  }
  ::operator delete(ring_);
  ring_ = ring;
  room_ = room;
  first_ = 0;
}

void Chain::push(Slice slice, uint32_t charged_bytes) {
  if (count_ == room_) grow();
  const uint64_t begin = count_ == 0 ? 0 : at(count_ - 1).begin + at(count_ - 1).slice.size();
  size_ += slice.size();
  pinned_bytes_ += charged_bytes;
  new (&at(count_)) Entry{std::move(slice), begin, charged_bytes};
  ++count_;
}

void Chain::append(Slice slice) {
  if (slice.empty()) return;
  const bool pins_much =
      slice.size() < compact_bytes_max && slice.pinned_bytes() > 2 * slice.size();
  if (count_ > 0 && pins_much) return append_copy(slice.bytes());
  const uint32_t pinned_bytes = slice.pinned_bytes();
  push(std::move(slice), pinned_bytes);
}

void Chain::append(Chain&& other) {
  if (count_ == 0) {
    *this = std::move(other);
    return;
  }
  for (uint32_t i = 0; i < other.count_; ++i) append(std::move(other.at(i).slice));
  other.clear();
}

// How many of the bytes found room in the last slice's block, directly behind the slice.
uint32_t Chain::join_last(std::span<const std::byte> bytes) {
  if (count_ == 0) return 0;
  Slice& last = at(count_ - 1).slice;
  if (last.kind_ != &Block::kind) return 0;
  auto* block = static_cast<Block*>(last.buffer_);
  if (last.data_ + last.size_ != block->bytes() + block->used_bytes()) return 0;
  const auto n = static_cast<uint32_t>(std::min<std::size_t>(bytes.size(), block->free_bytes()));
  block->append(bytes.first(n));
  last.size_ += n;
  size_ += n;
  return n;
}

void Chain::append_copy(std::span<const std::byte> bytes) {
  bytes = bytes.subspan(join_last(bytes));
  if (bytes.empty()) return;
  const uint32_t room = std::max(room_for(count_), static_cast<uint32_t>(bytes.size()));
  Block* block = Block::make(room);
  push({block->append(bytes), block, Block::kind, block->pinned_bytes()}, block->pinned_bytes());
}

void Chain::pop_front() {
  Entry& entry = at(0);
  size_ -= entry.slice.size();
  pinned_bytes_ -= entry.charged_bytes;
  std::destroy_at(&entry);
  first_ = (first_ + 1) & (room_ - 1);
  --count_;
  if (count_ == 0) clear();
}

void Chain::clear() {
  for (uint32_t i = 0; i < count_; ++i) std::destroy_at(&at(i));
  ::operator delete(ring_);
  ring_ = nullptr;
  room_ = first_ = count_ = 0;
  size_ = pinned_bytes_ = 0;
}

void Chain::drop_front(uint64_t n) {
  DCHECK(n <= size_);
  while (n > 0) {
    Entry& entry = at(0);
    if (entry.slice.size() > n) {
      entry.slice.drop_front(static_cast<uint32_t>(n));
      entry.begin += n;
      size_ -= n;
      return;
    }
    n -= entry.slice.size();
    pop_front();
  }
}

Chain Chain::take_front(uint64_t n) {
  DCHECK(n <= size_);
  if (n == size_) return std::move(*this);
  Chain taken;
  while (n > 0) {
    Entry& entry = at(0);
    if (entry.slice.size() > n) {
      const auto part = static_cast<uint32_t>(n);
      taken.push(entry.slice.part(0, part), entry.charged_bytes);
      drop_front(n);
      break;
    }
    n -= entry.slice.size();
    taken.push(std::move(entry.slice), entry.charged_bytes);
    size_ -= taken.at(taken.count_ - 1).slice.size();
    pop_front();
  }
  return taken;
}

// The entry that holds the offset. Requires: offset < size().
uint32_t Chain::find(uint64_t offset) const {
  const uint64_t wanted = at(0).begin + offset;
  if (offset < at(0).slice.size()) return 0;
  uint32_t low = 0;
  uint32_t high = count_;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (at(middle).begin <= wanted ? low : high) = middle;
  }
  return low;
}

void Chain::copy_to(uint64_t offset, std::span<std::byte> to) const {
  DCHECK(offset + to.size() <= size_);
  while (!to.empty()) {
    const std::span<const std::byte> piece = piece_at(offset);
    const std::size_t n = std::min(piece.size(), to.size());
    std::memcpy(to.data(), piece.data(), n);
    to = to.subspan(n);
    offset += n;
  }
}

std::span<const std::byte> Chain::piece_at(uint64_t offset) const {
  DCHECK(offset <= size_);
  if (offset == size_) return {};
  const Entry& entry = at(find(offset));
  return entry.slice.bytes().subspan(at(0).begin + offset - entry.begin);
}

std::string Chain::text() const {
  std::string text;
  text.reserve(size_);
  for (uint32_t i = 0; i < count_; ++i) text += slice(i).text();
  return text;
}

}  // namespace weft
