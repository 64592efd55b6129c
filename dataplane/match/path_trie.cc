#include "dataplane/match/path_trie.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"

namespace weft {
namespace {

constexpr uint32_t label_bytes_max = 255;
constexpr uint32_t word_bytes = sizeof(uint32_t);
constexpr std::size_t vector_bytes = sizeof(__m128i);

enum Mark : uint8_t { exact_mark = 1, prefix_mark = 2, group_mark = 4 };

// The first word of a node. Behind it: of an exact mark its value; of a prefix its value, where the
// shorter one is, and its bytes; of a group its value and where the shorter one is.
struct Header {
  uint8_t label_bytes = 0;
  uint8_t marks = 0;
  uint16_t children = 0;

  bool has(Mark mark) const { return (marks & mark) != 0; }
  uint32_t prefix_words_at() const { return 1 + has(exact_mark); }
  uint32_t group_words_at() const { return prefix_words_at() + 3 * has(prefix_mark); }
  uint32_t label_words_at() const { return group_words_at() + 2 * has(group_mark); }
};
static_assert(sizeof(Header) == word_bytes);

constexpr uint32_t words_for(std::size_t bytes) {
  return static_cast<uint32_t>((bytes + word_bytes - 1) / word_bytes);
}

const std::byte* bytes_of(const uint32_t* words) {
  return reinterpret_cast<const std::byte*>(words);
}

// Labels are short: a call of memcmp would cost more than it compares.
bool are_equal(const std::byte* a, const std::byte* b, std::size_t n) {
  for (; n >= 8; n -= 8, a += 8, b += 8) {
    if (load<uint64_t>(a) != load<uint64_t>(b)) return false;
  }
  if (n >= 4) {
    if (load<uint32_t>(a) != load<uint32_t>(b)) return false;
    n -= 4, a += 4, b += 4;
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// Which child begins with `first`; `children` if none does. Reads up to a vector beyond them.
uint32_t child_with(std::byte first, const std::byte* firsts, uint32_t children) {
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(first));
  for (uint32_t at = 0; at < children; at += vector_bytes) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(firsts + at));
    const auto equal = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(some, wanted)));
    if (equal != 0) return std::min(at + static_cast<uint32_t>(std::countr_zero(equal)), children);
  }
  return children;
}

}  // namespace

// Writes nodes behind each other, a node before its children.
class PathTrieBuilder {
 public:
  using Key = PathTrie::Keys::value_type;

  explicit PathTrieBuilder(std::vector<uint32_t>& words) : words_(words) {}

  // Marks of the keys above.
  struct Shorter {
    uint32_t prefix_at = PathTrie::none;
    uint32_t group_at = PathTrie::none;
  };

  // Requires: keys are sorted, differ, and are equal up to `depth`.
  uint32_t node(std::span<const Key* const> keys, std::size_t depth, Shorter shorter) {
    const std::size_t end = label_end(keys, depth);
    PathTrie::Marks marks;
    const std::string_view text = keys.empty() ? std::string_view() : keys[0]->first;
    if (!keys.empty() && text.size() == end) {
      marks = keys[0]->second;
      keys = keys.subspan(1);
    }
    const std::string firsts = bytes_at(keys, end);
    const uint32_t at = size();
    words_.push_back(std::bit_cast<uint32_t>(header(end - depth, marks, firsts.size())));
    write(marks, static_cast<uint32_t>(end), shorter);
    write(text.substr(depth, end - depth));
    write(firsts);
    const uint32_t children_at = size();
    words_.resize(words_.size() + firsts.size());
    for (uint32_t child = 0; child < firsts.size(); ++child) {
      const auto others = std::ranges::find_if(
          keys, [&](const Key* key) { return key->first[end] != firsts[child]; });
      const auto count = static_cast<std::size_t>(others - keys.begin());
      const uint32_t child_at = node(keys.first(count), end + 1, shorter);
      words_[children_at + child] = child_at;
      keys = keys.subspan(count);
    }
    return at;
  }

 private:
  uint32_t size() const {
    CHECK(words_.size() < PathTrie::none);
    return static_cast<uint32_t>(words_.size());
  }

  // How far the keys are equal; what is longer than a label goes on in a child.
  static std::size_t label_end(std::span<const Key* const> keys, std::size_t depth) {
    if (keys.empty()) return depth;
    const std::string_view first = keys.front()->first;
    const std::string_view last = keys.back()->first;
    const std::size_t end_max = std::min({first.size(), last.size(), depth + label_bytes_max});
    std::size_t end = depth;
    while (end < end_max && first[end] == last[end]) ++end;
    return end;
  }

  static std::string bytes_at(std::span<const Key* const> keys, std::size_t at) {
    std::string bytes;
    for (const Key* key : keys) {
      if (bytes.empty() || bytes.back() != key->first[at]) bytes += key->first[at];
    }
    return bytes;
  }

  static Header header(std::size_t label_bytes, const PathTrie::Marks& marks,
                       std::size_t children) {
    Header header{.label_bytes = static_cast<uint8_t>(label_bytes),
                  .children = static_cast<uint16_t>(children)};
    if (marks.exact != PathTrie::none) header.marks |= exact_mark;
    if (marks.prefix != PathTrie::none) header.marks |= prefix_mark;
    if (marks.group != PathTrie::none) header.marks |= group_mark;
    return header;
  }

  void write(const PathTrie::Marks& marks, uint32_t key_bytes, Shorter& shorter) {
    if (marks.exact != PathTrie::none) words_.push_back(marks.exact);
    if (marks.prefix != PathTrie::none) {
      const uint32_t at = size();
      words_.insert(words_.end(), {marks.prefix, shorter.prefix_at, key_bytes});
      shorter.prefix_at = at;
    }
    if (marks.group != PathTrie::none) {
      const uint32_t at = size();
      words_.insert(words_.end(), {marks.group, shorter.group_at});
      shorter.group_at = at;
    }
  }

  void write(std::string_view bytes) {
    const std::size_t at = words_.size();
    words_.resize(at + words_for(bytes.size()));
    if (!bytes.empty()) std::memcpy(&words_[at], bytes.data(), bytes.size());
  }

  std::vector<uint32_t>& words_;
};

PathTrie::PathTrie(const Keys& keys) {
  std::vector<const Keys::value_type*> sorted;
  for (const Keys::value_type& key : keys) sorted.push_back(&key);
  PathTrieBuilder(words_).node(sorted, 0, {});
  words_.resize(words_.size() + vector_bytes / word_bytes);
  words_.shrink_to_fit();
}

PathTrie::Found PathTrie::walk(std::string_view path) const {
  Found found;
  const std::byte* const bytes = std::as_bytes(std::span(path)).data();
  std::size_t at = 0;
  for (uint32_t node = 0;;) {
    const uint32_t* const words = &words_[node];
    const auto header = std::bit_cast<Header>(words[0]);
    const uint32_t label = header.label_words_at();
    if (path.size() - at < header.label_bytes) return found;
    if (!are_equal(bytes_of(words + label), bytes + at, header.label_bytes)) return found;
    at += header.label_bytes;
    if (header.has(group_mark)) found.group_at = node + header.group_words_at();
    if (header.has(prefix_mark) && is_border(path, at)) {
      found.prefix_at = node + header.prefix_words_at();
    }
    if (at == path.size()) {
      if (header.has(exact_mark)) found.exact = words[1];
      return found;
    }
    const uint32_t* const firsts = words + label + words_for(header.label_bytes);
    const uint32_t child = child_with(bytes[at], bytes_of(firsts), header.children);
    if (child == header.children) return found;
    node = firsts[words_for(header.children) + child];
    ++at;
  }
}

}  // namespace weft
