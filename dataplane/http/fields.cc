#include "dataplane/http/fields.h"

#include <algorithm>

namespace weft {
namespace {

constexpr std::size_t name_bytes_max = UINT16_MAX;

}  // namespace

bool Fields::is_named(const FieldRow& row, std::string_view name, KnownField known) const {
  if (row.known != known) return false;
  return known != KnownField::other || same_token({arena_.at(row.name_at), row.name_bytes}, name);
}

std::optional<std::string_view> Fields::find(KnownField known) const {
  if (!has(known)) return std::nullopt;
  const FieldRow* row = arena_.rows();
  while (row->known != known) ++row;
  return field_of(*row).value;
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  const KnownField known = known_field(name);
  if (known != KnownField::other) return find(known);
  for (uint32_t i = 0; i < count(); ++i) {
    if (is_named(arena_.rows()[i], name, known)) return (*this)[i].value;
  }
  return std::nullopt;
}

bool Fields::add(std::string_view name, std::string_view value) {
  if (name.size() > name_bytes_max) return false;
  const KnownField known = known_field(name);
  const auto value_copy = arena_.append(value);
  if (!value_copy) return false;
  const auto name_copy = arena_.append(name);
  if (name_copy && push(*name_copy, *value_copy, known)) return true;
  arena_.give_back(value_copy->bytes + (name_copy ? name_copy->bytes : 0));
  return false;
}

bool Fields::set(std::string_view name, std::string_view value) {
  const KnownField known = known_field(name);
  const auto named = [&](const FieldRow& row) { return is_named(row, name, known); };
  const FieldRow* const begin = arena_.rows();
  const auto index = std::find_if(begin, begin + count(), named) - begin;
  if (index == count()) return add(name, value);
  const auto copy = arena_.append(value);
  if (!copy) return false;
  FieldRow* const first = arena_.rows() + index;
  first->value_at = copy->at;
  first->value_bytes = copy->bytes;
  const FieldRow* const end = std::remove_if(first + 1, arena_.rows() + count(), named);
  arena_.truncate_rows(static_cast<uint32_t>(end - arena_.rows()));
  repeated_ &= known == KnownField::other ? ~FieldSet{0} : ~bit(known);
  return true;
}

template <class Goes>
void Fields::remove_if(Goes goes) {
  FieldRow* const begin = arena_.rows();
  FieldRow* const end = begin + count();
  arena_.truncate_rows(static_cast<uint32_t>(std::remove_if(begin, end, goes) - begin));
}

void Fields::remove(std::string_view name) {
  const KnownField known = known_field(name);
  if (known != KnownField::other) return remove_all(bit(known));
  remove_if([&](const FieldRow& row) { return is_named(row, name, known); });
}

void Fields::remove_all(FieldSet fields) {
  if (!has_any(fields)) return;
  remove_if([fields](const FieldRow& row) { return (bit(row.known) & fields) != 0; });
  present_ &= ~fields;
  repeated_ &= ~fields;
}

}  // namespace weft
