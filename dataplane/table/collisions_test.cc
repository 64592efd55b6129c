// Tuples that collide under CRC32 and under Toeplitz, as whoever knows these hashes can make them:
// both are linear, so the differences that change nothing are found by elimination. In our tables,
// which are hashed under a key, they spread as if drawn at random.
#include <gtest/gtest.h>
#include <nmmintrin.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "dataplane/table/nat_flows.h"
#include "dataplane/table/nat_flows6.h"
#include "dataplane/table/tunnel_flows.h"
#include "dataplane/table/tunnel_flows6.h"
#include "tests/nobody_is_gone.h"

namespace weft {
namespace {

// What a NIC or a table hashes: source, destination, ports.
using Tuple = std::vector<std::byte>;
using TupleHash = std::function<uint32_t(const Tuple&)>;

uint32_t crc32(const Tuple& tuple) {
  uint32_t crc = 0;
  for (std::size_t i = 0; i < tuple.size(); i += 4)
    crc = _mm_crc32_u32(crc, load<uint32_t>(&tuple[i]));
  return crc;
}

// The key that drivers come with.
constexpr std::array<uint8_t, 40> toeplitz_key = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

bool bit_of(const auto& bytes, std::size_t bit) {
  return (static_cast<uint32_t>(bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0;
}

uint32_t toeplitz(const Tuple& tuple) {
  uint32_t hash = 0;
  for (std::size_t bit = 0; bit < tuple.size() * 8; ++bit) {
    if (!bit_of(tuple, bit)) continue;
    for (std::size_t i = 0; i < 32; ++i) {
      hash ^= uint32_t{bit_of(toeplitz_key, bit + i)} << (31 - i);
    }
  }
  return hash;
}

Tuple bytes_of(const Headers& headers) {
  const std::size_t from = headers.v4 ? 12 : 0;
  Tuple tuple(headers.source.bytes().begin() + from, headers.source.bytes().end());
  tuple.insert(tuple.end(), headers.destination.bytes().begin() + from,
               headers.destination.bytes().end());
  tuple.resize(tuple.size() + 4);
  store(&tuple[tuple.size() - 4], headers.source_port);
  store(&tuple[tuple.size() - 2], headers.destination_port);
  return tuple;
}

// Packets to one listener; `free` fills the last 32 bits of the source and its port.
Headers packet(uint64_t free, bool v4) {
  Headers headers;
  headers.v4 = v4;
  headers.protocol = Protocol::tcp;
  std::array<std::byte, 16> source{std::byte{0x20}, std::byte{1}};
  store(&source[12], be32(static_cast<uint32_t>(free)));
  headers.source =
      v4 ? IpAddress::v4(be32(static_cast<uint32_t>(free))) : IpAddress::v6(source.data());
  headers.source_port = be16(static_cast<uint16_t>(free >> 32));
  headers.destination = *IpAddress::parse(v4 ? "203.0.113.10" : "2001:db8::10");
  headers.destination_port = be16(80);
  return headers;
}

// Changes of the 48 free bits that leave the hash as it is: at least 16 that are independent.
std::vector<uint64_t> changes_without_effect(const TupleHash& hash, bool v4) {
  struct Row {
    uint32_t effect;
    uint64_t change;
  };
  const uint32_t none = hash(bytes_of(packet(0, v4)));
  std::vector<Row> rows;
  std::vector<uint64_t> without;
  for (uint32_t bit = 0; bit < 48; ++bit) {
    Row row{hash(bytes_of(packet(uint64_t{1} << bit, v4))) ^ none, uint64_t{1} << bit};
    for (const Row& other : rows) {
      if ((row.effect ^ other.effect) >= row.effect) continue;
      row = {row.effect ^ other.effect, row.change ^ other.change};
    }
    if (row.effect == 0) {
      without.push_back(row.change);
    } else {
      rows.push_back(row);
      std::ranges::sort(rows, std::greater(), &Row::effect);
    }
  }
  return without;
}

std::vector<Headers> colliding(const TupleHash& hash, bool v4, uint32_t count) {
  const std::vector<uint64_t> changes = changes_without_effect(hash, v4);
  EXPECT_GE(uint64_t{1} << changes.size(), count);
  std::vector<Headers> packets;
  for (uint32_t n = 0; n < count; ++n) {
    uint64_t free = 0x1234'0a00'0001;
    for (std::size_t i = 0; i < changes.size(); ++i) free ^= (n >> i & 1) != 0 ? changes[i] : 0;
    packets.push_back(packet(free, v4));
  }
  return packets;
}

TunnelKey4 key_of(const Headers& headers, const TunnelFlows4&) {
  return TunnelKey4::of(headers);
}
TunnelKey6 key_of(const Headers& headers, const TunnelFlows6&) {
  return TunnelKey6::of(headers);
}
NatKey4 key_of(const Headers& headers, const NatFlows4&) {
  return NatKey4::of(headers, NatSide::client);
}
NatKey6 key_of(const Headers& headers, const NatFlows6&) {
  return NatKey6::of(headers, NatSide::client);
}

// Three quarters of the table are filled with flows whose tuples collide.
template <class Table>
void expect_spread(const TupleHash& hash, bool v4) {
  constexpr uint32_t flows_max = 1u << 14;
  Table table(flows_max, KeyedHash({11, 22, 33, 44}));
  const uint32_t count = table.flows_max() / 4 * 3;
  const std::vector<Headers> packets = colliding(hash, v4, count);
  const uint32_t same = hash(bytes_of(packets[0]));
  std::vector<uint32_t> loads(table.buckets());
  for (uint32_t n = 0; n < count; ++n) {
    const Headers& headers = packets[n];
    if (n % 64 == 0) {
      ASSERT_EQ(hash(bytes_of(headers)), same) << "they do collide";
    }
    const auto key = key_of(headers, table);
    const auto place = table.place(key);
    ++loads[place.first];
    table.insert(place, key, FlowMeta(EndpointSlot{1}, FlowState::established, 0),
                 test::NobodyIsGone{});
  }
  // Poisson with a mean below 3: sixteen in one of 8,192 is not seen in a thousand years.
  EXPECT_LT(*std::ranges::max_element(loads), 16u);
  EXPECT_LE(table.counts().refused * 1000, count);
  EXPECT_EQ(table.counts().evicted, 0u);
}

TEST(Collisions, OfCrc32Spread) {
  expect_spread<TunnelFlows4>(crc32, true);
  expect_spread<TunnelFlows6>(crc32, false);
  expect_spread<NatFlows4>(crc32, true);
  expect_spread<NatFlows6>(crc32, false);
}

TEST(Collisions, OfToeplitzSpread) {
  expect_spread<TunnelFlows4>(toeplitz, true);
  expect_spread<TunnelFlows6>(toeplitz, false);
  expect_spread<NatFlows4>(toeplitz, true);
  expect_spread<NatFlows6>(toeplitz, false);
}

}  // namespace
}  // namespace weft
