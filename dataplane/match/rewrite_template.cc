#include "dataplane/match/rewrite_template.h"

#include <cstring>

namespace weft {
namespace {

Error refused(std::string_view text, const std::string& why) {
  return {"replacement '" + std::string(text) + "' " + why, Fault::operator_input};
}

bool append(std::string_view text, std::span<char> to, std::size_t& used_bytes) {
  if (to.size() - used_bytes < text.size()) return false;
  if (!text.empty()) std::memcpy(&to[used_bytes], text.data(), text.size());
  used_bytes += text.size();
  return true;
}

}  // namespace

Result<RewriteTemplate> RewriteTemplate::parse(std::string_view text, const GroupOf& group_of) {
  RewriteTemplate result;
  std::string literal;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with('$')) {
      literal += rest[0];
      ++at;
      continue;
    }
    if (rest.starts_with("$$")) {
      literal += '$';
      at += 2;
      continue;
    }
    const std::size_t close = rest.find('}');
    if (!rest.starts_with("${") || close == std::string_view::npos) {
      return tl::unexpected(
          refused(text, "has a dollar that is neither ${group} nor $$, a dollar itself."));
    }
    const std::string name(rest.substr(2, close - 2));
    const std::optional<uint32_t> group = group_of(name);
    if (!group) {
      return tl::unexpected(
          refused(text, "names group '" + name + "', which the pattern has not."));
    }
    result.pieces_.push_back({std::move(literal), group});
    literal.clear();
    at += close + 1;
  }
  result.pieces_.push_back({std::move(literal), std::nullopt});
  return result;
}

std::optional<std::string_view> RewriteTemplate::expand(std::span<const std::string_view> groups,
                                                        std::span<char> to) const {
  std::size_t used_bytes = 0;
  for (const Piece& piece : pieces_) {
    if (!append(piece.text, to, used_bytes)) return std::nullopt;
    if (piece.group && !append(groups[*piece.group], to, used_bytes)) return std::nullopt;
  }
  return std::string_view(to.data(), used_bytes);
}

}  // namespace weft
