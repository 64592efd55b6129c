#include "tests/sim/trace.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <sstream>
#include <utility>

#include "tests/packet_decoder.h"
#include "tests/sim/network.h"

namespace weft::sim {

void Trace::mix_in(Instant now, std::span<const std::byte> bytes) {
  const auto at = static_cast<uint64_t>(now.time_since_epoch().count());
  hash_ = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_ * 31 + at);
  ++events_;
}

// The oldest gives its memory to the newest.
Trace::Event& Trace::keep(Instant now) {
  if (kept_.size() < kept_events_max_) {
    kept_.emplace_back();
  } else {
    kept_.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  kept_.back().at = now;
  kept_.back().frame.clear();
  return kept_.back();
}

void Trace::add(Instant now, std::string event) {
  mix_in(now, std::as_bytes(std::span(event)));
  keep(now).text = std::move(event);
}

void Trace::add_frame(Instant now, std::string_view who, std::span<const std::byte> frame) {
  mix_in(now, frame);
  Event& event = keep(now);
  event.text = who;
  event.frame.assign(frame.begin(), frame.end());
}

// With what is inside a tunnel.
static void print(std::ostream& text, const test::Decoded& frame) {
  text << " " << frame;
  for (const Forward forward : {Forward::ipip, Forward::gue, Forward::gre}) {
    if (const auto inner = unwrap(frame, forward)) text << " [" << *inner << "]";
  }
}

std::string Trace::tail() const {
  std::ostringstream text;
  for (const Event& event : kept_) {
    text << fmt::format("{:.3f} ms {}",
                        static_cast<double>(event.at.time_since_epoch().count()) / 1e6, event.text);
    if (!event.frame.empty()) print(text, test::decode(event.frame));
    text << "\n";
  }
  return text.str();
}

}  // namespace weft::sim
