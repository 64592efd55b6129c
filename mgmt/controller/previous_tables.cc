#include "mgmt/controller/previous_tables.h"

#include <algorithm>
#include <utility>

namespace weft::mgmt {

static bool takes_flows(const DesiredTable& table) {
  return std::ranges::any_of(table.endpoints, [](const auto& each) { return each.weight > 0; });
}

void PreviousTables::replace(DesiredTable next, Duration keep, Instant now) {
  if (current_ != nullptr && *current_ == next) return;
  const auto before =
      std::exchange(current_, std::make_shared<const DesiredTable>(std::move(next)));
  if (before == nullptr || keep == Duration::zero() || !takes_flows(*before)) return;
  if (kept_.size() < previous_tables_max) kept_.push_back({before, now + keep});
}

bool PreviousTables::expire(Instant now) {
  // A reload may have shortened the time of later ones.
  return std::erase_if(kept_, [now](const Kept& kept) { return kept.until <= now; }) > 0;
}

void PreviousTables::clear() {
  current_ = nullptr;
  kept_.clear();
}

std::shared_ptr<const DesiredTable> PreviousTables::oldest() const {
  return kept_.empty() ? nullptr : kept_.front().table;
}

}  // namespace weft::mgmt
