// Target: single frames through parse_headers and, where the input wants it, refused and answered.
#include <memory>

#include "pipelines/l4/answer.h"
#include "pipelines/l4/parse_any.h"
#include "pipelines/l4/parse_quoted.h"
#include "tests/fuzz/frames.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/target.h"
#include "tests/packet_pool.h"

namespace weft::fuzz {
namespace {

struct Bench {
  test::PacketPool pool{255};
  std::vector<Bytes> seeds = seeds_of_every_kind();
  std::unique_ptr<Burst> burst = std::make_unique<Burst>();
};

void check_quoted(Packet packet, const Headers& headers, const Bytes& frame) {
  const auto quoted = parse_quoted(packet, headers);
  expect(quoted.has_value() == (headers.quoted_offset != 0), "quoted_offset", frame);
  if (!quoted) return;
  const std::size_t end = quoted->ip_offset + quoted->ip_bytes;
  expect(end <= packet.linear_bytes() && quoted->l4_offset + 8u <= end, "quote's length", frame);
}

void answer_one(Bench& bench, Input& input, const Bytes& frame) {
  Burst& burst = *bench.burst;
  const auto reply = static_cast<Reply>(1 + input.below(5));
  const uint16_t mtu_bytes = input.u16();
  burst.refuse(0, Drop::no_listener, reply, mtu_bytes);
  ReplyLimits limits;
  const OwnAddresses own{*IpAddress::parse(own_address), *IpAddress::parse(own_address_v6)};
  SynCookies cookies(KeyedHash({1, 2, 3, 4}));
  answer(burst, own, limits, cookies, Instant(seconds(1)));
  if (burst.answered == 0) return;
  const Bytes out = test::bytes_of(burst.packets[0]);
  const bool v4 = burst.headers[0].v4;
  judge_reply(frame, out, v4 ? own_address : own_address_v6);
  if (reply == Reply::fragmentation_needed) {
    expect(test::decode(out).icmp_rest == mtu_bytes, "next-hop MTU", frame);
  }
}

LinkFilter link_of(uint8_t choice) {
  if (choice % 4 == 1) return {.vlan_id = 120};
  if (choice % 4 == 2) return {.mac = MacAddress{2, 0, 0, 0, 0, 1}};
  return {};
}

}  // namespace

void run_target(std::span<const uint8_t> bytes) {
  static Bench bench;
  Input input(bytes);
  const uint8_t choice = input.u8();
  const LinkFilter link = link_of(choice);
  const Bytes frame = next_frame(input, bench.seeds);
  // In segments the judge cannot say what must happen: then only memory is watched.
  const uint32_t segment_bytes = choice >= 192 ? 64 + choice : UINT16_MAX;

  Burst& burst = *bench.burst;
  burst.packets[0] = bench.pool.make(frame, segment_bytes);
  burst.start(1, 0);
  parse_headers(burst, link);
  Headers reference;
  const Drop drop = parse_any(burst.packets[0], link, reference);
  expect(burst.dropped_for(0) == drop, "fast and slow drop differ", frame);
  expect(drop != Drop::none || reference == burst.headers[0], "fast and slow headers", frame);
  if (burst.packets[0].buffer()->nb_segs == 1) judge_parsed(frame, link, drop, burst.headers[0]);
  if (burst.live != 0 && burst.headers[0].payload != Payload::none) {
    check_quoted(burst.packets[0], burst.headers[0], frame);
    if (segment_bytes == UINT16_MAX) answer_one(bench, input, frame);
  }
  test::free_packet(burst.packets[0]);
}

}  // namespace weft::fuzz
