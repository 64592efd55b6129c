#include "dataplane/bytes/slice.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "dataplane/bytes/packet_slice.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

// A buffer that says how many shares in it there are.
struct CountedBuffer {
  static const BufferKind kind;
  Slice slice() {
    ++shares;
    return {bytes, this, kind, 2048};
  }
  int shares = 0;
  std::array<std::byte, 10> bytes{};
};

const BufferKind CountedBuffer::kind{
    .share = [](void* buffer) { ++static_cast<CountedBuffer*>(buffer)->shares; },
    .release = [](void* buffer) { --static_cast<CountedBuffer*>(buffer)->shares; },
};

TEST(Slice, EachCopyIsOneShare) {
  CountedBuffer buffer;
  {
    const Slice first = buffer.slice();
    EXPECT_EQ(buffer.shares, 1);
    Slice second = first;
    EXPECT_EQ(buffer.shares, 2);
    Slice moved = std::move(second);
    EXPECT_EQ(buffer.shares, 2);
    moved = Slice();
    EXPECT_EQ(buffer.shares, 1);
  }
  EXPECT_EQ(buffer.shares, 0);
}

TEST(Slice, APartKeepsTheWholeBuffer) {
  CountedBuffer buffer;
  Slice part = buffer.slice().part(3, 4);
  EXPECT_EQ(buffer.shares, 1);
  EXPECT_EQ(part.data(), &buffer.bytes[3]);
  EXPECT_EQ(part.size(), 4u);
  EXPECT_EQ(part.pinned_bytes(), 2048u);
}

TEST(Slice, CopiesOutliveWhatTheyWereMadeOf) {
  Slice slice;
  {
    const std::string text = "hello";
    slice = Slice::copy_of(text);
  }
  EXPECT_EQ(slice.text(), "hello");
  EXPECT_GE(slice.pinned_bytes(), 5u);
}

TEST(Slice, ConstantsPinNothing) {
  const Slice slice = Slice::of_static("HTTP/1.1 ");
  EXPECT_EQ(slice.text(), "HTTP/1.1 ");
  EXPECT_EQ(slice.pinned_bytes(), 0u);
}

TEST(PacketSlice, KeepsThePacketsBuffer) {
  test::PacketPool pool(8);
  Slice slice;
  {
    const Packet packet = pool.make(test::Bytes(100, std::byte{7}));
    slice = packet_slice(packet.buffer(), packet.linear().subspan(54));
    test::free_packet(packet);
  }
  EXPECT_EQ(pool.buffers_out(), 1u);
  EXPECT_EQ(slice.size(), 46u);
  EXPECT_EQ(slice.bytes().back(), std::byte{7});
  slice = Slice();
  EXPECT_EQ(pool.buffers_out(), 0u);
}

}  // namespace
}  // namespace weft
