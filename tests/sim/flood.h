// Packets of senders that are not there: SYNs from forged addresses, and ACKs that belong to
// nothing. Each says by its number that it is a flood's. Keeps some of the cookies that are sent to
// these addresses. Thread safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/network.h"

namespace weft::sim {

class Flood {
 public:
  // `services` outlive this.
  explicit Flood(const std::vector<Service>& services);

  static bool is_its(uint32_t number) { return number >= first_number; }

  // One more packet; none: there is no TCP service.
  std::optional<test::Bytes> packet(Random& random);
  uint32_t sent() const { return next_number_ - first_number; }

  // Whether this is sent to one of its addresses, from a listener that it sent to.
  bool is_answer(const test::Decoded& frame) const;
  void receive(const test::Decoded& frame);
  // What would complete the handshakes of the cookies that it got.
  std::vector<test::Bytes> acknowledgments() const;

 private:
  static constexpr uint32_t first_number = 1u << 24;
  static constexpr std::size_t kept_max = 32;

  std::vector<const Service*> services_;
  uint32_t next_number_ = first_number;
  std::vector<test::Decoded> kept_;
};

}  // namespace weft::sim
