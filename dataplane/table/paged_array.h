// An immutable array in pages that versions share: a new version copies the pages that changed,
// so publishing one endpoint of a million costs one page. Thread safety: immutable; edit() makes
// another array. An index beyond the last page that was set reads a default value.
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
  static constexpr uint32_t page_items = 1024;

  const T& operator[](uint32_t index) const {
    return (*pages_[index / page_items])[index % page_items];
  }
  void prefetch(uint32_t index) const { __builtin_prefetch(&(*this)[index]); }
  // Requires: nothing; false for an index that operator[] may not be asked for.
  bool has(uint32_t index) const {
    return index / page_items < pages_.size() && pages_[index / page_items] != nullptr;
  }

  // This array with other values at the given indexes.
  PagedArray with(const std::vector<std::pair<uint32_t, T>>& changes) const {
    PagedArray next = *this;
    std::vector<Page*> own(next.pages_.size(), nullptr);
    for (const auto& [index, value] : changes) {
      const uint32_t page = index / page_items;
      if (page >= next.pages_.size()) {
        next.pages_.resize(page + 1);
        own.resize(page + 1, nullptr);
      }
      if (own[page] == nullptr) {
        auto fresh = next.pages_[page] ? std::make_shared<Page>(*next.pages_[page])
                                       : std::make_shared<Page>();
        own[page] = fresh.get();
        next.pages_[page] = std::move(fresh);
      }
      (*own[page])[index % page_items] = value;
    }
    return next;
  }

 private:
  using Page = std::array<T, page_items>;
  std::vector<std::shared_ptr<const Page>> pages_;
};

}  // namespace weft
