// Looks for a text in bytes that arrive in pieces, keeping no more of them than the text is long.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace weft::mgmt {

class TextSearch {
 public:
  // An empty text is found at once.
  explicit TextSearch(std::string text) : text_(std::move(text)), found_(text_.empty()) {}

  bool found() const { return found_; }

  void add(std::string_view piece) {
    if (found_) return;
    tail_ += piece;
    found_ = tail_.find(text_) != std::string::npos;
    tail_.erase(0, tail_.size() - std::min(tail_.size(), text_.size() - 1));
  }

 private:
  std::string text_;
  bool found_;
  std::string tail_;  // the last bytes, which may begin the text
};

}  // namespace weft::mgmt
