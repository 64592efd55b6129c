// What a rewrite puts in place: text with groups of the pattern in it, as ${1} or ${name}; ${0} is
// all that matched, $$ a dollar. Thread safety: immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"

namespace weft {

class RewriteTemplate {
 public:
  // Which group a name or number between the braces is; nothing if there is no such group.
  using GroupOf = std::function<std::optional<uint32_t>(const std::string& name)>;

  // The error says what is wrong, and names the group that is not there.
  static Result<RewriteTemplate> parse(std::string_view text, const GroupOf& group_of);

  // Written to `to`; nothing if that has no room. Requires: groups[i] is there for each group that
  // was named, and overlaps nothing of `to`.
  std::optional<std::string_view> expand(std::span<const std::string_view> groups,
                                         std::span<char> to) const;

 private:
  struct Piece {
    std::string text;
    std::optional<uint32_t> group;  // behind the text
  };

  std::vector<Piece> pieces_;
};

}  // namespace weft
