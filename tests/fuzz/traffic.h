// Frames of a conversation with the gateway, as the input says: what clients send, what endpoints
// answer to it, what routers say of either, datagrams in pieces and in any order.
#pragma once

#include <deque>
#include <vector>

#include "tests/fuzz/frames.h"
#include "tests/fuzz/services.h"
#include "tests/fuzz/talks.h"

namespace weft::fuzz {

class Traffic {
 public:
  // The next frame. Most are sound; the input may edit any of them.
  Bytes next(Input& input);
  // What came in and what went out: answers and errors are about these.
  void received(const Bytes& frame) { remember(received_, frame); }
  void sent(const Bytes& frame, const test::Decoded& in, const test::Decoded& out) {
    remember(sent_, frame);
    talks_.sent(in, out);
  }
  void restart();

 private:
  using History = std::deque<Bytes>;
  static void remember(History& history, const Bytes& frame);

  Bytes whole(Input& input);
  Bytes of_client(Input& input);
  Bytes answer(Input& input);
  Bytes error(Input& input);
  Bytes piece(Input& input);
  Bytes quic(Input& input);

  History received_, sent_;
  Talks talks_;
  std::vector<Bytes> pieces_;  // of the last datagrams
};

}  // namespace weft::fuzz
