#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;

TEST(TcpEgress, ADeviceThatCutsIsGivenWholeSegmentsTogether) {
  auto tcp = Transcript::established({.mss_bytes = 1000});
  tcp.set_payload_max_bytes(3500);
  tcp.write_bytes(5000);
  tcp.expect({.seq = 1, .payload_bytes = 3000}).expect({.seq = 3001, .payload_bytes = 2000});
  // Lost as a whole, they go out again as the window of a timeout allows.
  tcp.advance_ms(200).expect({.seq = 1, .payload_bytes = 1000});
  tcp.acknowledge(1001).expect({.seq = 1001, .payload_bytes = 2000});
}

}  // namespace
}  // namespace weft
