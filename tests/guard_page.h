// Bytes that end at a page nobody may touch: reading one byte beyond them ends the program, with or
// without a sanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <span>

#include "dataplane/base/check.h"

namespace weft::test {

class GuardPage {
 public:
  GuardPage() : page_bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* pages =
        mmap(nullptr, 2 * page_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    pages_ = static_cast<std::byte*>(pages);
    CHECK(mprotect(pages_ + page_bytes_, page_bytes_, PROT_NONE) == 0);
  }
  ~GuardPage() { munmap(pages_, 2 * page_bytes_); }
  GuardPage(const GuardPage&) = delete;
  GuardPage& operator=(const GuardPage&) = delete;

  // A copy of `bytes` that ends at the page; good until the next one. Requires: at most a page.
  std::span<const std::byte> place(std::span<const std::byte> bytes) {
    CHECK(bytes.size() <= page_bytes_);
    std::byte* const at = pages_ + page_bytes_ - bytes.size();
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

 private:
  std::size_t page_bytes_;
  std::byte* pages_;
};

}  // namespace weft::test
