#include "dataplane/http/h1_head_writer.h"

namespace weft {

uint32_t written_bytes(const Fields& fields) {
  const FieldRow* rows = fields.arena().rows();
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < fields.count(); ++i)
    bytes += rows[i].name_bytes + rows[i].value_bytes + 4;
  return bytes;
}

void H1HeadWriter::fields(const Fields& fields, FieldSet without) {
  for (uint32_t i = 0; i < fields.count(); ++i) {
    const Field field = fields[i];
    if ((bit(field.known) & without) != 0) continue;
    text(field.name);
    constant(": ");
    text(field.value);
    constant("\r\n");
  }
}

}  // namespace weft
