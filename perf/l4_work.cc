#include "perf/l4_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "dataplane/base/check.h"
#include "dataplane/wire/checksum.h"
#include "tests/packet_builder.h"

namespace weft {

static constexpr uint32_t ip = 14;  // offsets in a frame
static constexpr uint32_t tcp = ip + 20;

std::string Work::name() const {
  std::string text = fmt::format("{}/{}", weft::name(mode), flows);
  if (packets == Packets::both) text += "/both";
  if (packets == Packets::fresh) text += "/fresh";
  if (listeners != Work{}.listeners) text += fmt::format("/listeners={}", listeners);
  if (endpoints != Work{}.endpoints) text += fmt::format("/endpoints={}", endpoints);
  return text;
}

static std::string listener_address(uint32_t n) {
  return fmt::format("203.0.{}.{}", 113 + n / 256, n % 256);
}

test::TestGateway make_gateway(const Work& work) {
  test::SnapshotBuilder builder;
  for (uint32_t c = 0; c < work.clusters(); ++c) {
    std::vector<test::TestEndpoint> set;
    for (uint32_t e = 0; e < work.endpoints; ++e) {
      set.push_back({fmt::format("10.{}.{}.{}", c + 1, 2 + e / 250, e % 250 + 1), 8080});
    }
    builder.cluster(fmt::format("c{}", c), std::move(set));
  }
  for (uint32_t l = 0; l < work.listeners; ++l) {
    builder.listener(listener_address(l), 80, Protocol::tcp, work.mode,
                     fmt::format("c{}", l % work.clusters()));
  }
  builder.source_addresses("10.200.0.0/24");
  builder.neighbour("10.0.0.1");
  builder.worker_weights(work.worker_weights);
  return builder.build();
}

std::vector<Frame> make_frames(const Work& work) {
  std::vector<Frame> frames(work.flows);
  const uint8_t flags = work.packets == Packets::fresh ? tcp_flag::syn : tcp_flag::ack;
  std::vector<std::vector<std::byte>> templates;
  for (uint32_t l = 0; l < work.listeners; ++l) {
    templates.push_back(test::ethernet()
                            .ipv4("192.0.2.0", listener_address(l))
                            .tcp(0, 80, flags)
                            .payload_bytes(frame_bytes - tcp - 20)
                            .build());
  }
  for (uint32_t f = 0; f < work.flows; ++f) {
    std::byte* bytes = frames[f].bytes.data();
    std::memcpy(bytes, templates[f % work.listeners].data(), frame_bytes);
    // Behind the route to 192.0.2.0/24, so that replies have a way, by port first.
    const be32 source(0xc0000200 + f / 64'000 % 256);
    const be16 port(static_cast<uint16_t>(1024 + f % 64'000));
    CHECK(f < 256 * 64'000);
    ChecksumEdit edit;
    edit.replace(load<be32>(bytes + ip + 12), source);
    store(bytes + ip + 10, edit.apply(load<be16>(bytes + ip + 10)));
    edit.replace(load<be16>(bytes + tcp), port);
    store(bytes + tcp + 16, edit.apply(load<be16>(bytes + tcp + 16)));
    store(bytes + ip + 12, source);
    store(bytes + tcp, port);
  }
  shuffle(frames);
  return frames;
}

Frame reply_to(const std::byte* out) {
  Frame reply;
  std::memcpy(reply.bytes.data(), out, frame_bytes);
  std::byte* bytes = reply.bytes.data();
  const auto source = load<uint32_t>(bytes + ip + 12);
  store(bytes + ip + 12, load<uint32_t>(bytes + ip + 16));
  store(bytes + ip + 16, source);
  const auto port = load<uint16_t>(bytes + tcp);
  store(bytes + tcp, load<uint16_t>(bytes + tcp + 2));
  store(bytes + tcp + 2, port);
  return reply;
}

void shuffle(std::vector<Frame>& frames) {
  std::shuffle(frames.begin(), frames.end(), std::mt19937_64(7));
}

}  // namespace weft
