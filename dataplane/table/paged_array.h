// An immutable array in pages that versions share: a new version copies the pages that changed,
// so publishing one endpoint of a million costs one page. What was never set, on a page where
// something was or before it, is a default value. Thread safety: immutable; with() makes another
// array.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft {

template <class T>
class PagedArray {
 public:
  using Item = std::pair<uint32_t, T>;  // index and value
  static constexpr uint32_t page_items = 1024;

  // Requires: has(index).
  const T& operator[](uint32_t index) const {
    return (*pages_[index / page_items])[index % page_items];
  }
  // Whether the index is on a page up to the last one that something was set on.
  bool has(uint32_t index) const { return index / page_items < pages_.size(); }

  // This array with other values at the given indexes; of equal indexes the last counts.
  PagedArray with(const std::vector<Item>& changes) const {
    PagedArray next = *this;
    std::vector<Page*> own;  // the pages that are this version's own
    for (const auto& [index, value] : changes) {
      const uint32_t page = index / page_items;
      if (page >= next.pages_.size()) next.pages_.resize(page + 1, nothing());
      if (page >= own.size()) own.resize(next.pages_.size());
      if (own[page] == nullptr) {
        auto copy = std::make_shared<Page>(*next.pages_[page]);
        own[page] = copy.get();
        next.pages_[page] = std::move(copy);
      }
      (*own[page])[index % page_items] = value;
    }
    return next;
  }

  // Whether the index is on a page that both arrays share.
  bool shares_page(const PagedArray& other, uint32_t index) const {
    const uint32_t page = index / page_items;
    return has(index) && other.has(index) && pages_[page] == other.pages_[page];
  }

 private:
  using Page = std::array<T, page_items>;

  // The page of what was never set.
  static const std::shared_ptr<const Page>& nothing() {
    static const auto page = std::make_shared<const Page>();
    return page;
  }

  std::vector<std::shared_ptr<const Page>> pages_;
};

}  // namespace weft
