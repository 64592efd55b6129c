#include "tests/sim/trace.h"

#include <fmt/format.h>

namespace weft::sim {

void Trace::add(Instant now, const std::string& event) {
  std::string line = fmt::format("{:.3f} ms {}\n",
                                 static_cast<double>(now.time_since_epoch().count()) / 1e6, event);
  for (const char c : line) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  ++events_;
  kept_.push_back(std::move(line));
  if (kept_.size() > kept_events_max) kept_.pop_front();
}

std::string Trace::tail() const {
  std::string text;
  for (const std::string& line : kept_) text += line;
  return text;
}

}  // namespace weft::sim
