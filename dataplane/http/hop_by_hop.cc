#include "dataplane/http/hop_by_hop.h"

#include <array>
#include <string_view>

#include "dataplane/http/limits.h"
#include "dataplane/http/token_list.h"

namespace weft {
namespace {

// Names that Connection has besides those of options, few enough.
class OtherNames {
 public:
  static bool fit(uint32_t options) { return options <= connection_options_max; }

  explicit OtherNames(const Fields& fields) {
    each_element(fields, KnownField::connection,
                 [this](std::string_view option) { names_[count_++] = option; });
  }
  // Removing moves rows, never the bytes that the names are in.
  void remove_from(Fields& fields) const {
    for (uint32_t i = 0; i < count_; ++i) fields.remove(names_[i]);
  }

 private:
  std::array<std::string_view, connection_options_max> names_;
  uint32_t count_ = 0;
};

// What nearly every client sends, if anything, and nothing else.
bool only_keeps_alive(const Fields& fields) {
  const bool once = (fields.repeated() & bit(KnownField::connection)) == 0;
  return once && fields.find(KnownField::connection) == "keep-alive";
}

ConnectionOptions read_connection(Fields& fields) {
  if (!fields.has(KnownField::connection)) return {};
  if (only_keeps_alive(fields)) return {.keep_alive = true};
  ConnectionOptions options;
  uint32_t count = 0;
  bool others = false;
  each_element(fields, KnownField::connection, [&](std::string_view option) {
    ++count;
    const bool close = same_token(option, "close");
    const bool keep_alive = !close && same_token(option, "keep-alive");
    const bool upgrade = !close && !keep_alive && same_token(option, "upgrade");
    options.close |= close;
    options.keep_alive |= keep_alive;
    options.upgrade |= upgrade;
    others |= !close && !keep_alive && !upgrade;
  });
  if (!OtherNames::fit(count)) {
    options.refusal = Refusal::connection_options_too_many;
  } else if (others) {
    OtherNames(fields).remove_from(fields);
  }
  return options;
}

}  // namespace

ConnectionOptions take_hop_by_hop(Fields& fields) {
  const ConnectionOptions options = read_connection(fields);
  fields.remove_all(hop_by_hop_fields);
  return options;
}

}  // namespace weft
