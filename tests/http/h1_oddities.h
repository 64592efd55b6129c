// Requests and responses that are malformed, ambiguous or merely odd: whether they are refused, and
// how those that are accepted are passed on. Data for tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/http/refusal.h"

namespace weft::test {

struct Oddity {
  std::string_view text;  // the odd part
  Refusal refusal;
  uint16_t status;             // that the refusal is answered with; 0 where there is none
  std::string_view forwarded;  // the part as it is passed on, where it is not refused
};

// A table and what stands around its odd parts, as it came in and as it is passed on.
struct OddityTable {
  std::string_view name;
  std::string_view before;
  std::span<const Oddity> rows;
  std::string_view after;
  std::string_view forwarded_before;
  std::string_view forwarded_after;
};

std::span<const OddityTable> odd_requests();
// All are answers to GET.
std::span<const OddityTable> odd_responses();

}  // namespace weft::test
