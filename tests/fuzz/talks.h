// TCP connections through the gateway, of which both ends are played, each by what it got: so that
// handshakes come about, those by cookies too, and numbers fit to what was said before.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/fuzz/book.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/services.h"
#include "tests/packet_builder.h"

namespace weft::fuzz {

class Talks {
 public:
  // The next segment of one of them, sensible or not.
  test::Bytes next(Input& input);
  // What became of a segment, whosever it was: it may be one of these.
  void sent(const test::Decoded& in, const test::Decoded& out);
  void restart() { talks_.clear(); }

 private:
  // What one end knows.
  struct Side {
    uint32_t isn = 0;
    uint32_t next = 0;      // number of the next byte that it says
    uint32_t awaited = 0;   // and hears
    uint32_t echo = 0;      // the other one's last timestamp
    bool heard = false;     // the other one's SYN
    bool answered = false;  // and has answered it
    bool timestamps = false;

    void take(const test::Decoded& segment);
  };
  struct Talk {
    Ends ends;         // as the client sends
    Ends at_endpoint;  // as the endpoint gets it, once it did
    Side client, endpoint;
    uint8_t offers = 0;
  };

  Talk& some_talk(Input& input);
  static test::FrameBuilder segment(const Ends& ends, Side& side, uint8_t flags, Input& input);
  static test::FrameBuilder syn(Talk& talk, Input& input);
  static test::FrameBuilder answer(Talk& talk, Input& input);
  static test::FrameBuilder sensible(Talk& talk, Input& input);
  static test::FrameBuilder of_client(Talk& talk, Input& input);
  static test::FrameBuilder of_endpoint(Talk& talk, Input& input);

  std::vector<Talk> talks_;
};

}  // namespace weft::fuzz
