#include "mgmt/config/prefix_file.h"

#include <fmt/format.h>

#include <utility>

#include "mgmt/config/forms.h"
#include "mgmt/config/source_text.h"

namespace weft::mgmt::config {

namespace {

constexpr std::string_view blank = " \t\r";

// What is wrong, and where, until it is known that something is.
struct Wrong {
  Offset at;
  std::string message;
};

class PrefixReader {
 public:
  explicit PrefixReader(std::string_view text) : text_(text) {}

  void read() {
    for (std::size_t start = 0; start < text_.size();) {
      const std::size_t newline = text_.find('\n', start);
      const std::size_t end = newline == std::string_view::npos ? text_.size() : newline;
      read_line(start, text_.substr(start, end - start));
      start = end + 1;
    }
  }

  std::vector<IpPrefix> prefixes;
  std::vector<Wrong> wrong;
  std::size_t left_out = 0;

 private:
  void read_line(std::size_t start, std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(blank);
    if (first == std::string_view::npos) return;
    const std::string_view word = line.substr(first, line.find_last_not_of(blank) + 1 - first);
    const auto at = static_cast<Offset>(start + first);
    const auto prefix = parse_prefix(word);
    if (!prefix) return complain(at, fmt::format("{} {}", in_quotes(word), prefix.error()));
    if (prefixes.size() == prefixes_max) {
      return complain(at, fmt::format("more than {} prefixes", prefixes_max));
    }
    prefixes.push_back(*prefix);
  }

  void complain(Offset at, std::string message) {
    if (wrong.size() == errors_max) {
      ++left_out;
    } else {
      wrong.push_back({at, std::move(message)});
    }
  }

  std::string_view text_;
};

}  // namespace

PrefixFile parse_prefix_file(std::string_view text, std::string file_name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  PrefixReader reader(text);
  reader.read();
  PrefixFile result{std::move(reader.prefixes), {}};
  if (reader.wrong.empty()) return result;
  const SourceText source(text, std::move(file_name));
  for (Wrong& wrong : reader.wrong) {
    result.errors.push_back(source.error(wrong.at, std::move(wrong.message)));
  }
  if (reader.left_out > 0) {
    result.errors.push_back(source.error(fmt::format("{} more errors", reader.left_out)));
  }
  return result;
}

}  // namespace weft::mgmt::config
