// Puts UDP datagrams together that arrive in pieces (RFC 791, 3.2; RFC 8200, 4.5).
// Thread safety: none.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

class Reassembly {
 public:
  static bool is_piece(const test::Decoded& packet) {
    return packet.more_fragments || packet.fragment_offset_bytes != 0;
  }
  // The whole packet, when this was the last piece it lacked.
  std::optional<test::Decoded> add(const test::Decoded& piece);

 private:
  struct Datagram {
    std::map<std::size_t, test::Decoded> pieces;  // by offset
    std::size_t total_bytes = 0;                  // 0: not known yet
  };
  std::map<std::string, Datagram> datagrams_;
};

}  // namespace weft::sim
