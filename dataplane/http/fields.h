// The fields of a head or of a trailer section: in the order they came in, with duplicates, names
// compared without regard to case (RFC 9110, 5). Thread safety: one worker.
//
// What is looked up stays valid until the next edit. Values given to an edit may be looked up from
// the same fields. An edit says false, and changes nothing, where the bound of the arena is
// reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/http/arena.h"
#include "dataplane/http/known_field.h"

namespace weft {

struct Field {
  std::string_view name;  // as it was sent
  std::string_view value;
  KnownField known;
};

class Fields {
 public:
  Fields() = default;
  // With room for so many, and a little more.
  Fields(uint32_t bytes, uint32_t rows) : arena_(bytes, rows) {}

  uint32_t count() const { return arena_.row_count(); }
  // Requires: i < count().
  Field operator[](uint32_t i) const { return field_of(arena_.rows()[i]); }

  bool has(KnownField known) const { return (present_ & bit(known)) != 0; }
  bool has_any(FieldSet fields) const { return (present_ & fields) != 0; }
  // Which of them came more than once.
  FieldSet repeated() const { return repeated_; }
  // The first of that name.
  std::optional<std::string_view> find(KnownField known) const;
  std::optional<std::string_view> find(std::string_view name) const;

  // Requires of all: names are tokens, values hold no controls but tabs.
  bool add(std::string_view name, std::string_view value);
  // Instead of all of that name, in the place of the first.
  bool set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void remove_all(FieldSet fields);

  // For codecs, which put the bytes into the arena first. Requires: they lie in it.
  bool push(Text name, Text value, KnownField known) {
    const auto name_bytes = static_cast<uint16_t>(name.bytes);
    if (!arena_.push_row({name.at, value.at, value.bytes, name_bytes, known})) return false;
    const FieldSet field = bit(known);
    repeated_ |= present_ & field;
    present_ |= field;
    return true;
  }
  Arena& arena() { return arena_; }
  const Arena& arena() const { return arena_; }

 private:
  Field field_of(const FieldRow& row) const {
    return {{arena_.at(row.name_at), row.name_bytes},
            {arena_.at(row.value_at), row.value_bytes},
            row.known};
  }
  bool is_named(const FieldRow& row, std::string_view name, KnownField known) const;
  template <class Goes>
  void remove_if(Goes goes);

  FieldSet present_ = 0;
  FieldSet repeated_ = 0;
  Arena arena_;
};

}  // namespace weft
