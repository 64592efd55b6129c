// The one allocation that a head of a message is in: rows that say where fields are, and bytes.
// Everything is an offset, so that growing moves all of it at once. Thread safety: one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/http/known_field.h"

namespace weft {

// A range of an arena's bytes.
struct Text {
  uint32_t at = 0;
  uint32_t bytes = 0;
};

struct FieldRow {
  uint32_t name_at;
  uint32_t value_at;
  uint32_t value_bytes;
  uint16_t name_bytes;
  KnownField known;
};
static_assert(sizeof(FieldRow) == 16);

class Arena {
 public:
  // Bytes behind the last one that may be read, whatever they are.
  static constexpr uint32_t slack_bytes = 64;
  // How much may be added to what an arena was made for.
  static constexpr uint32_t edit_bytes_max = 16 * 1024;
  static constexpr uint32_t edit_rows_max = 64;

  Arena() = default;
  // For so many bytes and rows, and a little more.
  Arena(uint32_t bytes, uint32_t rows);
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    Arena taken(std::move(other));
    swap(taken);
    return *this;
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  const char* at(uint32_t offset) const { return bytes_ + offset; }
  std::string_view view(Text text) const { return {bytes_ + text.at, text.bytes}; }

  // Room for n more bytes, which the caller fills; none where the bound is reached.
  std::optional<Text> extend(uint32_t n);
  char* fill(Text text) { return bytes_ + text.at; }
  // Gives back the last bytes of what extend() gave last.
  void give_back(uint32_t n) { bytes_used_ -= n; }
  // Copies the text, which may be of this arena.
  std::optional<Text> append(std::string_view text);

  // Requires: nobody but Fields changes rows.
  FieldRow* rows() { return rows_; }
  const FieldRow* rows() const { return rows_; }
  uint32_t row_count() const { return rows_used_; }
  bool push_row(const FieldRow& row) {
    if (rows_used_ == rows_room_ && !grow(0, 1)) return false;
    rows_[rows_used_++] = row;
    return true;
  }
  void truncate_rows(uint32_t count) { rows_used_ = count; }

  // What it costs while it lives.
  uint32_t pinned_bytes() const {
    return rows_room_ * static_cast<uint32_t>(sizeof(FieldRow)) + bytes_room_;
  }

 private:
  void swap(Arena& other) noexcept;
  void allocate(uint32_t bytes_room, uint32_t rows_room);
  bool grow(uint32_t bytes, uint32_t rows);
  Arena larger(uint32_t bytes, uint32_t rows) const;

  FieldRow* rows_ = nullptr;  // also where the allocation begins
  char* bytes_ = nullptr;
  uint32_t rows_used_ = 0;
  uint32_t rows_room_ = 0;
  uint32_t rows_max_ = edit_rows_max;
  uint32_t bytes_used_ = 0;
  uint32_t bytes_room_ = 0;
  uint32_t bytes_max_ = edit_bytes_max;
};

}  // namespace weft
