// A radix tree over bytes in one array of words. A key has up to three marks, each a number:
// `exact` counts for the path that is the key, `prefix` for paths that the key is a prefix of at a
// segment border (Gateway API, PathPrefix), `group` for all that begin with it. One walk finds the
// marks of a path, from the longest key to the shortest. Thread safety: immutable.
//
// A node is its header, its marks, its label, the first bytes of its children and where they are,
// one after the other, so that a step costs a cache line or two. A mark says where the one of the
// next shorter key is: a walk needs no stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class PathTrie {
 public:
  static constexpr uint32_t none = UINT32_MAX;

  struct Marks {
    uint32_t exact = none;
    uint32_t prefix = none;
    uint32_t group = none;
  };
  using Keys = std::map<std::string, Marks, std::less<>>;

  PathTrie() : PathTrie(Keys()) {}
  explicit PathTrie(const Keys& keys);

  // What one walk found: the exact mark, and where the longest others are (none: nowhere).
  struct Found {
    uint32_t exact = none;
    uint32_t prefix_at = none;
    uint32_t group_at = none;
  };
  Found walk(std::string_view path) const;

  uint32_t prefix(uint32_t at) const { return words_[at]; }
  // Where the next shorter prefix of the path is that ends at a segment border.
  uint32_t shorter_prefix_at(uint32_t at, std::string_view path) const {
    do {
      at = words_[at + 1];
    } while (at != none && !is_border(path, words_[at + 2]));
    return at;
  }
  uint32_t group(uint32_t at) const { return words_[at]; }
  uint32_t shorter_group_at(uint32_t at) const { return words_[at + 1]; }

  std::size_t bytes() const { return words_.size() * sizeof(uint32_t); }

 private:
  friend class PathTrieBuilder;

  static bool is_border(std::string_view path, std::size_t at) {
    return at == path.size() || path[at] == '/';
  }

  std::vector<uint32_t> words_;
};

}  // namespace weft
