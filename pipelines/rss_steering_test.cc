// A gateway of several workers behind devices with RSS: what arrives is already at its owner.
#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/memory_interface.h"
#include "dataplane/rcu/published.h"
#include "dataplane/worker/worker.h"
#include "pipelines/gateway.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/rss_nic.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

using test::decode;
using test::Decoded;
using test::ethernet;
using test::FrameBuilder;
using GatewayWorker = Worker<Gateway, Published<Snapshot>::Reader>;

constexpr KeyedHash::Key steering_key{5, 6, 7, 8};
constexpr uint32_t flows = 200;

struct Family {
  bool v4;
  std::string listener, endpoint, source_addresses;

  std::string client(uint32_t n) const {
    return (v4 ? "192.0.2." : "2001:db8::") + std::to_string(n % 200 + 1);
  }
  FrameBuilder packet(const std::string& from, const std::string& to) const {
    return v4 ? ethernet().ipv4(from, to) : ethernet().ipv6(from, to);
  }
};
const Family families[] = {{true, "203.0.113.10", "10.0.2.1", "10.0.0.240/29"},
                           {false, "2001:db8:f::10", "fd00::2:1", "fd00::f0/125"}};

struct Shape {
  uint32_t workers;
  uint32_t entries;  // of each device's table
};
constexpr Shape shapes[] = {{2, 128}, {3, 64}, {5, 512}};

class RssGateway {
 public:
  RssGateway(const Family& family, Forward forward, uint16_t port, const Shape& shape)
      : family_(family),
        port_(port),
        clients_side(shape.entries),
        endpoints_side(shape.entries),
        wire_({.name = "wire", .queues = shape.workers}, pool_.mempool()),
        twin_({.name = "twin"}, pool_.mempool()),
        attachments_{{wire_, twin_}},
        rings_(shape.workers),
        published_(shape.workers) {
    test::SnapshotBuilder builder;
    builder.cluster("web", {{family.endpoint, 8080}});
    builder.listener(family.listener, port, Protocol::udp, forward, "web");
    builder.source_addresses(family.source_addresses);
    gateway_ = builder.workers(shape.workers).build();
    published_.publish(std::make_shared<Snapshot>(gateway_.snapshot));
    const SteeringShape steering{.bits = static_cast<uint32_t>(std::countr_zero(shape.entries)),
                                 .workers = shape.workers};
    const SteeringHash hash(steering_key, steering);
    std::vector<uint16_t> queues(shape.entries);
    for (uint32_t bucket = 0; bucket < queues.size(); ++bucket) {
      queues[hash.rss_entry(bucket)] = gateway_.snapshot.policy->steering[bucket];
    }
    set_up_rss(clients_side.device(), hash, RssSide::source, queues);
    set_up_rss(endpoints_side.device(), hash, RssSide::destination, queues);
    for (uint16_t i = 0; i < shape.workers; ++i) {
      members_.push_back(std::make_unique<Member>(*this, i, steering));
    }
  }

  // What came of it, if it was sent.
  std::optional<Decoded> receive(const test::RssNic& nic, const FrameBuilder& frame) {
    return receive(nic, frame.build());
  }
  std::optional<Decoded> receive(const test::RssNic& nic, const test::Bytes& frame) {
    EXPECT_TRUE(wire_.push(nic.queue_of(frame), frame));
    for (bool busy = true; busy;) {
      busy = false;
      for (const auto& member : members_) busy |= member->worker.turn(Instant(seconds(1)));
    }
    for (uint32_t queue = 0; queue < wire_.queues(); ++queue) {
      if (const auto sent = wire_.pull(queue)) return decode(*sent);
    }
    return std::nullopt;
  }
  FrameBuilder request(uint32_t n) const {
    return family_.packet(family_.client(n), family_.listener)
        .udp(static_cast<uint16_t>(2000 + 7 * n), port_)
        .payload_bytes(20);
  }
  // The endpoint's, to what it got.
  FrameBuilder reply(const Decoded& got) const {
    return family_.packet(got.destination, got.source)
        .udp(static_cast<uint16_t>(got.destination_port), static_cast<uint16_t>(got.source_port))
        .payload_bytes(20);
  }
  uint64_t handed_off() const {
    uint64_t sum = 0;
    for (const auto& member : members_) sum += member->counters.turn.handed_off.read();
    return sum;
  }

 private:
  struct Member {
    Member(RssGateway& of, uint16_t index, const SteeringShape& steering)
        : pipeline({.worker = index,
                    .flows_max = {1024, 1024, 1024, 1024},
                    .flow_key = {index, 2, 3, 4},
                    .steering_key = steering_key,
                    .steering_shape = steering,
                    .links = {{}}},
                   *of.gateway_.states, of.refuse_new_flows_, counters, FlowTimeouts{}, Instant{}),
          reader(of.published_.reader(index)),
          worker({.index = index}, of.attachments_, of.rings_, pipeline, reader, counters.loop()) {
      reader.online();
    }
    WorkerCounters counters;
    Gateway pipeline;
    Published<Snapshot>::Reader reader;
    GatewayWorker worker;
  };

  const Family& family_;
  const uint16_t port_;

 public:
  test::RssNic clients_side;    // by source
  test::RssNic endpoints_side;  // by destination

 private:
  GuardedPool pool_{2047};
  MemoryInterface wire_;
  MemoryInterface twin_;
  std::vector<Attachment> attachments_;
  test::TestGateway gateway_;
  std::atomic<bool> refuse_new_flows_ = false;
  HandOffRings rings_;
  Published<Snapshot> published_;
  std::vector<std::unique_ptr<Member>> members_;
};

template <class Visit>
void for_each_gateway(Forward forward, uint16_t port, Visit visit) {
  for (const Family& family : families) {
    for (const Shape& shape : shapes) {
      SCOPED_TRACE(std::string(name(forward)) + (family.v4 ? " v4 " : " v6 ") +
                   std::to_string(shape.workers) + " workers");
      RssGateway gateway(family, forward, port, shape);
      visit(gateway);
    }
  }
}

constexpr Forward all_modes[] = {Forward::nat, Forward::fullnat, Forward::ipip,
                                 Forward::gue, Forward::gre,     Forward::direct};

TEST(RssSteering, NothingThatClientsSendToALowPortIsHandedOver) {
  for (const Forward forward : all_modes) {
    for_each_gateway(forward, 443, [](RssGateway& gateway) {
      for (uint32_t n = 0; n < flows; ++n) {
        ASSERT_TRUE(gateway.receive(gateway.clients_side, gateway.request(n)).has_value());
      }
      EXPECT_EQ(gateway.handed_off(), 0u);
    });
  }
}

// A reply of nat does not tell the listener's port, so the client's side alone names the owner.
TEST(RssSteering, ToAHighPortOnlyNatIsHandedOver) {
  for (const Forward forward : all_modes) {
    for_each_gateway(forward, 8443, [forward](RssGateway& gateway) {
      for (uint32_t n = 0; n < flows; ++n) {
        ASSERT_TRUE(gateway.receive(gateway.clients_side, gateway.request(n)).has_value());
      }
      if (forward != Forward::nat) {
        EXPECT_EQ(gateway.handed_off(), 0u);
      }
    });
  }
}

TEST(RssSteering, RepliesToFullnatComeToTheWorkerThatChoseTheirPort) {
  for_each_gateway(Forward::fullnat, 443, [](RssGateway& gateway) {
    for (uint32_t n = 0; n < flows; ++n) {
      const auto got = gateway.receive(gateway.clients_side, gateway.request(n));
      ASSERT_TRUE(got.has_value());
      const auto answered = gateway.receive(gateway.clients_side, gateway.reply(*got));
      ASSERT_TRUE(answered.has_value());
      EXPECT_EQ(answered->destination_port, 2000 + 7 * static_cast<int>(n));
    }
    EXPECT_EQ(gateway.handed_off(), 0u);
  });
}

TEST(RssSteering, RepliesToNatComeToTheirWorkerByTheirDestination) {
  for_each_gateway(Forward::nat, 443, [](RssGateway& gateway) {
    for (uint32_t n = 0; n < flows; ++n) {
      const auto got = gateway.receive(gateway.clients_side, gateway.request(n));
      ASSERT_TRUE(got.has_value());
      ASSERT_TRUE(gateway.receive(gateway.endpoints_side, gateway.reply(*got)).has_value());
    }
    EXPECT_EQ(gateway.handed_off(), 0u);
  });
}

TEST(RssSteering, WhereADeviceChoosesOtherwisePacketsAreHandedOverAndCounted) {
  for_each_gateway(Forward::nat, 443, [](RssGateway& gateway) {
    for (uint32_t n = 0; n < flows; ++n) {
      const auto got = gateway.receive(gateway.clients_side, gateway.request(n));
      ASSERT_TRUE(got.has_value());
      ASSERT_TRUE(gateway.receive(gateway.clients_side, gateway.reply(*got)).has_value());
    }
    EXPECT_GT(gateway.handed_off(), flows / 4);
    EXPECT_LE(gateway.handed_off(), flows);
  });
}

TEST(RssSteering, PiecesOfADatagramAreAllForwarded) {
  for_each_gateway(Forward::ipip, 443, [](RssGateway& gateway) {
    for (uint32_t n = 0; n < flows; ++n) {
      FrameBuilder whole = gateway.request(n);
      whole.payload_bytes(64).identification(n);
      for (const test::Bytes& piece : whole.build_pieces(32)) {
        ASSERT_TRUE(gateway.receive(gateway.clients_side, piece).has_value());
      }
    }
  });
}

}  // namespace
}  // namespace weft
