#include "dataplane/http/h1_request_line.h"

#include <algorithm>
#include <string_view>

#include "dataplane/http/authority.h"
#include "dataplane/http/limits.h"
#include "dataplane/http/text_scan.h"

namespace weft {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Text part(Text text, std::size_t from, std::size_t n) {
  return {text.at + static_cast<uint32_t>(from), static_cast<uint32_t>(n)};
}

// Takes a target from the arena apart and gives the pieces to the head.
class Target {
 public:
  Target(RequestHead& head, const RequestRules& rules, Text text)
      : head_(head), rules_(rules), text_(text), view_(head.fields.arena().view(text)) {}

  Refusal read(bool& has_authority) {
    if (head_.method == Method::connect) return has_authority = true, authority_form();
    if (view_.starts_with('/')) return path_and_query(0);
    if (view_ == "*") return asterisk_form();
    const std::size_t colon = view_.find("://");
    if (colon == std::string_view::npos) return Refusal::target_malformed;
    has_authority = true;
    return absolute_form(colon);
  }

 private:
  Refusal path_and_query(std::size_t from) {
    const std::size_t mark = std::min(view_.find('?', from), view_.size());
    head_.place_query(part(text_, mark, view_.size() - mark));
    return head_.place_path(part(text_, from, mark - from), rules_.path);
  }

  Refusal asterisk_form() {
    if (head_.method != Method::options) return Refusal::target_form_wrong;
    return head_.set_path("*") ? Refusal::none : Refusal::request_line_too_long;
  }

  Refusal authority_form() {
    const auto authority = Authority::parse(view_);
    if (!authority) {
      const bool other_form =
          view_.starts_with('/') || view_ == "*" || view_.find("://") != view_.npos;
      return other_form ? Refusal::target_form_wrong : Refusal::authority_malformed;
    }
    if (!authority->port) return Refusal::authority_malformed;
    head_.place_authority(text_);
    return Refusal::none;
  }

  Refusal absolute_form(std::size_t colon) {
    const std::string_view scheme = view_.substr(0, colon);
    const bool http = same_token(scheme, "http");
    if (!http && !same_token(scheme, "https")) return Refusal::scheme_unsupported;
    if (http != (rules_.scheme == Scheme::http)) return Refusal::scheme_misdirected;
    const std::size_t from = colon + 3;
    const std::size_t end = std::min(view_.find_first_of("/?", from), view_.size());
    if (!Authority::parse(view_.substr(from, end - from))) return Refusal::authority_malformed;
    head_.place_authority(part(text_, from, end - from));
    if (end < view_.size() && view_[end] == '/') return path_and_query(end);
    head_.place_query(part(text_, end, view_.size() - end));
    // RFC 9112, 3.2.4: of the whole server, if there is neither path nor query.
    const bool whole = head_.method == Method::options && end == view_.size();
    return head_.set_path(whole ? "*" : "/") ? Refusal::none : Refusal::request_line_too_long;
  }

  RequestHead& head_;
  const RequestRules& rules_;
  Text text_;
  std::string_view view_;  // of the text; good until the head is edited
};

RequestLine refused(Refusal refusal) {
  return {refusal, 0, false};
}

// Of a line that has something else than a space where one has to be.
Refusal refusal_at(const char* at, Refusal malformed) {
  return at[0] == '\r' && at[1] != '\n' ? Refusal::bare_cr : malformed;
}

}  // namespace

VersionText read_version(const char* text) {
  const std::string_view view(text, VersionText::bytes);
  const bool sound =
      view.starts_with("HTTP/") && is_digit(view[5]) && view[6] == '.' && is_digit(view[7]);
  if (!sound) return {Refusal::version_malformed, HttpVersion::http1_1};
  if (view[5] != '1') return {Refusal::version_unsupported, HttpVersion::http1_1};
  return {Refusal::none, view[7] == '0' ? HttpVersion::http1_0 : HttpVersion::http1_1};
}

RequestLine read_request_line(RequestHead& head, const RequestRules& rules) {
  const char* const line = head.fields.arena().at(0);
  const std::size_t method_bytes = token_length(line);
  const char* const target = line + method_bytes + 1;
  if (line[method_bytes] != ' ') {
    const bool ends = line[method_bytes] == '\r';
    return refused(ends ? refusal_at(line + method_bytes, Refusal::request_line_malformed)
                        : Refusal::method_malformed);
  }
  if (method_bytes == 0) return refused(Refusal::method_malformed);
  if (method_bytes > method_bytes_max) return refused(Refusal::method_too_long);
  const std::size_t target_bytes = target_length(target);
  const char* const version = target + target_bytes + 1;
  if (target_bytes == 0) return refused(refusal_at(target, Refusal::request_line_malformed));
  if (version[-1] != ' ') {
    const bool ends = version[-1] == '\r';
    return refused(ends ? refusal_at(version - 1, Refusal::request_line_malformed)
                        : Refusal::target_malformed);
  }
  const VersionText read = read_version(version);
  if (read.refusal != Refusal::none) return refused(read.refusal);
  const char* const end = version + VersionText::bytes;
  if (end[0] != '\r') return refused(Refusal::version_malformed);
  if (end[1] != '\n') return refused(Refusal::bare_cr);

  head.version = read.version;
  head.scheme = rules.scheme;
  head.place_method({0, static_cast<uint32_t>(method_bytes)});
  RequestLine result{Refusal::none, static_cast<uint32_t>(end + 2 - line), false};
  const Text text{static_cast<uint32_t>(target - line), static_cast<uint32_t>(target_bytes)};
  result.refusal = Target(head, rules, text).read(result.has_authority);
  return result;
}

}  // namespace weft
