#include "dataplane/http/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace weft {
namespace {

// What a gateway usually adds to a head: forwarded fields, an id, a normal path.
constexpr uint32_t spare_bytes = 256;
constexpr uint32_t spare_rows = 4;

}  // namespace

Arena::Arena(uint32_t bytes, uint32_t rows)
    : rows_max_(rows + edit_rows_max), bytes_max_(bytes + edit_bytes_max) {
  allocate(bytes + spare_bytes, rows + spare_rows);
}

void Arena::allocate(uint32_t bytes_room, uint32_t rows_room) {
  rows_room_ = rows_room;
  bytes_room_ = bytes_room;
  const std::size_t row_bytes = rows_room_ * sizeof(FieldRow);
  rows_ = static_cast<FieldRow*>(::operator new(row_bytes + bytes_room_ + slack_bytes));
  bytes_ = reinterpret_cast<char*>(rows_) + row_bytes;
}

Arena::~Arena() {
  ::operator delete(rows_);
}

void Arena::swap(Arena& other) noexcept {
  std::swap(rows_, other.rows_);
  std::swap(bytes_, other.bytes_);
  std::swap(rows_used_, other.rows_used_);
  std::swap(rows_room_, other.rows_room_);
  std::swap(rows_max_, other.rows_max_);
  std::swap(bytes_used_, other.bytes_used_);
  std::swap(bytes_room_, other.bytes_room_);
  std::swap(bytes_max_, other.bytes_max_);
}

// A copy with room for so much more. Requires: the bounds allow it.
Arena Arena::larger(uint32_t bytes, uint32_t rows) const {
  const uint32_t bytes_room = std::max(2 * bytes_room_, bytes_used_ + bytes + spare_bytes);
  const uint32_t rows_room = std::max(2 * rows_room_, rows_used_ + rows + spare_rows);
  Arena arena;
  arena.allocate(std::min(bytes_room, bytes_max_), std::min(rows_room, rows_max_));
  arena.bytes_max_ = bytes_max_;
  arena.rows_max_ = rows_max_;
  arena.bytes_used_ = bytes_used_;
  arena.rows_used_ = rows_used_;
  if (bytes_used_ > 0) std::memcpy(arena.bytes_, bytes_, bytes_used_);
  if (rows_used_ > 0) std::memcpy(arena.rows_, rows_, rows_used_ * sizeof(FieldRow));
  return arena;
}

bool Arena::grow(uint32_t bytes, uint32_t rows) {
  if (bytes > bytes_max_ - bytes_used_ || rows > rows_max_ - rows_used_) return false;
  *this = larger(bytes, rows);
  return true;
}

std::optional<Text> Arena::extend(uint32_t n) {
  if (n > bytes_max_ - bytes_used_) return std::nullopt;
  if (n > bytes_room_ - bytes_used_) *this = larger(n, 0);
  const Text text{bytes_used_, n};
  bytes_used_ += n;
  return text;
}

std::optional<Text> Arena::append(std::string_view text) {
  if (text.size() > bytes_max_ - bytes_used_) return std::nullopt;
  const auto n = static_cast<uint32_t>(text.size());
  // Until the text is copied, the old arena has to live: the text may lie there.
  Arena old;
  if (n > bytes_room_ - bytes_used_) {
    Arena grown = larger(n, 0);
    swap(grown);
    old.swap(grown);
  }
  const Text copy{bytes_used_, n};
  if (n > 0) std::memcpy(bytes_ + copy.at, text.data(), n);
  bytes_used_ += n;
  return copy;
}

}  // namespace weft
