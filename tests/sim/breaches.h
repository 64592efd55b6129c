// What did not hold in a run, a line each.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace weft::sim {

class Breaches {
 public:
  void add(std::string what) { lines_.push_back(std::move(what)); }
  bool none() const { return lines_.empty(); }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

}  // namespace weft::sim
