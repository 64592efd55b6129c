#include "pipelines/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/memory_interface.h"
#include "dataplane/rcu/published.h"
#include "dataplane/worker/worker.h"
#include "tests/allocation_count.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

using test::decode;
using test::Decoded;
using test::ethernet;
using test::FrameBuilder;
using testing::ElementsAre;
using GatewayWorker = Worker<Gateway, Published<Snapshot>::Reader>;

constexpr const char* listener = "203.0.113.10";
constexpr const char* client = "10.9.0.1";
constexpr const char* endpoint = "10.0.2.1";
constexpr const char* host = "10.0.0.254";

FrameBuilder arp_request() {
  return ethernet().to("ff:ff:ff:ff:ff:ff").ether_type(0x0806).payload_bytes(28);
}
FrameBuilder syn(uint16_t port) {
  return ethernet().ipv4(client, listener).tcp(port, 80, tcp_flag::syn);
}
FrameBuilder syn_ack(uint16_t port) {
  return ethernet().ipv4(endpoint, client).tcp(8080, port, tcp_flag::syn | tcp_flag::ack);
}

// One worker with its pipeline.
struct Member {
  Member(uint16_t index, std::span<const Attachment> attachments, HandOffRings& rings,
         const LinkFilter& link, const test::TestGateway& gateway,
         const std::atomic<bool>& refuse_new_flows, Published<Snapshot>& published)
      : pipeline({.worker = index,
                  .flows_max = {1024, 1024, 1024, 1024},
                  .flow_key = {index, 2, 3, 4},
                  .steering_key = {5, 6, 7, 8},
                  .links = {link}},
                 *gateway.states, refuse_new_flows, counters, FlowTimeouts{}, Instant{}),
        reader(published.reader(index)),
        worker({.index = index, .tap = &pipeline.tap()}, attachments, rings, pipeline, reader,
               counters.loop()) {
    reader.online();
  }
  WorkerCounters counters;
  Gateway pipeline;
  Published<Snapshot>::Reader reader;
  GatewayWorker worker;
};

class GatewayTest : public testing::Test {
 protected:
  void start(uint32_t workers, const LinkFilter& link = {}) {
    gateway_ = test::SnapshotBuilder()
                   .cluster("web", {{endpoint, 8080}})
                   .listener(listener, 80, Protocol::tcp, Forward::nat, "web")
                   .neighbour(client)
                   .workers(workers)
                   .build();
    rings_ = std::make_unique<HandOffRings>(workers);
    published_ = std::make_unique<Published<Snapshot>>(workers);
    published_->publish(std::make_shared<Snapshot>(gateway_.snapshot));
    for (uint16_t i = 0; i < workers; ++i) {
      members_.push_back(std::make_unique<Member>(i, attachments_, *rings_, link, gateway_,
                                                  refuse_new_flows_, *published_));
    }
  }
  ~GatewayTest() override {
    members_.clear();
    empty_queues();
    EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
  }

  // Everything that happens until nothing moves any more.
  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (const auto& member : members_) busy |= member->worker.turn(now_);
    }
  }
  void receive(const FrameBuilder& frame) {
    ASSERT_TRUE(wire_.push(0, frame.build()));
    settle();
  }
  uint64_t dropped(Drop drop) const {
    uint64_t sum = 0;
    for (const auto& m : members_) {
      sum += m->counters.dropped[static_cast<std::size_t>(drop)].read();
    }
    return sum;
  }
  // Tables say how full they are when time passes.
  std::vector<uint64_t> flows() {
    now_ += milliseconds(100);
    settle();
    std::vector<uint64_t> flows;
    for (const auto& member : members_) flows.push_back(member->counters.flows_active());
    return flows;
  }
  void empty_queues() {
    while (wire_.pull(0) || twin_.pull(0)) {
    }
  }

  GuardedPool pool_{1023};
  MemoryInterface wire_{{.name = "wire"}, pool_.mempool()};
  MemoryInterface twin_{{.name = "twin", .queue_frames_max = 64}, pool_.mempool()};
  std::vector<Attachment> attachments_{{wire_, twin_}};
  test::TestGateway gateway_;
  std::atomic<bool> refuse_new_flows_ = false;
  std::unique_ptr<HandOffRings> rings_;
  std::unique_ptr<Published<Snapshot>> published_;
  std::vector<std::unique_ptr<Member>> members_;
  Instant now_{seconds(1)};
};

TEST_F(GatewayTest, WhatTheKernelWantsGoesToTheTwin) {
  start(1);
  const FrameBuilder frames[] = {
      arp_request(),
      ethernet().ether_type(0x88cc).payload_bytes(46),                    // LLDP
      ethernet().ipv4(client, host).tcp(40000, 22, tcp_flag::syn),        // the host's address
      ethernet().ipv4(client, host).icmp(8, 0, 0x10001).payload("ping"),  // ping to the host
      ethernet().to("01:00:5e:00:00:05").ipv4(client, "224.0.0.5").udp(1, 2),
      syn(1000).to("ff:ff:ff:ff:ff:ff"),  // a broadcast frame is never forwarded
  };
  for (const FrameBuilder& frame : frames) {
    receive(frame);
    EXPECT_EQ(twin_.pull(0), frame.build());
    EXPECT_EQ(wire_.pull(0), std::nullopt);
  }
}

TEST_F(GatewayTest, TheVlanTagComesOffForTheKernelAndGoesOnAgain) {
  start(1, {.vlan_id = 120});
  receive(arp_request().vlan(120));
  EXPECT_EQ(twin_.pull(0), arp_request().build());
  receive(arp_request().vlan(121));
  receive(arp_request());
  EXPECT_EQ(twin_.pull(0), std::nullopt);
  EXPECT_EQ(dropped(Drop::vlan_foreign), 2u);

  ASSERT_TRUE(twin_.push(0, arp_request().build()));
  settle();
  EXPECT_EQ(wire_.pull(0), arp_request().vlan(120).build());
}

TEST_F(GatewayTest, AFullTwinDropsByName) {
  start(1);
  for (int i = 0; i < 70; ++i) receive(arp_request());
  EXPECT_EQ(dropped(Drop::twin_full), 6u);
}

TEST_F(GatewayTest, AFlowGoesToTheEndpointAndItsReplyComesBackFromTheListener) {
  start(1);
  receive(syn(1000));
  const Decoded forward = decode(wire_.pull(0).value());
  EXPECT_THAT(forward.faults, ElementsAre());
  EXPECT_EQ(forward.source, client);
  EXPECT_EQ(forward.destination, endpoint);
  EXPECT_EQ(forward.destination_port, 8080);

  receive(syn_ack(1000));
  const Decoded reply = decode(wire_.pull(0).value());
  EXPECT_THAT(reply.faults, ElementsAre());
  EXPECT_EQ(reply.source, listener);
  EXPECT_EQ(reply.source_port, 80);
  EXPECT_EQ(reply.destination, client);
  EXPECT_THAT(flows(), ElementsAre(1));
}

TEST_F(GatewayTest, WithTwoWorkersEachFlowAndItsRepliesMeetOnOne) {
  start(2);
  for (uint16_t port = 1000; port < 1200; ++port) {
    receive(syn(port));
    ASSERT_TRUE(wire_.pull(0).has_value());
    receive(syn_ack(port));
    const auto reply = wire_.pull(0);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(decode(*reply).source, listener);
  }
  // Had a reply met another worker, it would have made an entry there or been dropped.
  const std::vector<uint64_t> held = flows();
  EXPECT_EQ(held[0] + held[1], 200u);
  EXPECT_GT(held[0], 60u);
  EXPECT_GT(held[1], 60u);
  EXPECT_EQ(members_[0]->counters.turn.handed_off.read(), 2 * held[1]);
}

TEST_F(GatewayTest, WhileItDrainsNewFlowsAreRefusedAndOldOnesServed) {
  start(1);
  receive(syn(1000));
  EXPECT_TRUE(wire_.pull(0).has_value());
  refuse_new_flows_ = true;
  receive(syn_ack(1000));
  EXPECT_EQ(decode(wire_.pull(0).value()).destination, client);
  receive(syn(1001));
  EXPECT_EQ(dropped(Drop::stopping), 1u);
  EXPECT_THAT(flows(), ElementsAre(1));
}

TEST_F(GatewayTest, ATurnAllocatesNothingAlsoWhileItIsCaptured) {
  start(2);
  CaptureWishes wishes;
  wishes[0] = CaptureWish{};
  members_[0]->pipeline.tap().want(&wishes);
  uint64_t allocated = 0;
  for (uint16_t round = 0; round < 20; ++round) {
    for (uint16_t i = 0; i < 30; ++i) {
      const auto port = static_cast<uint16_t>(1000 + round * 30 + i);
      wire_.push(0, syn(port).build());
      wire_.push(0, syn_ack(port).build());
    }
    wire_.push(0, arp_request().build());
    wire_.push(0, syn(1).ttl(1).build());
    wire_.push(0, ethernet().ipv4(client, listener).udp(1, 81).build());
    wire_.push(0, ethernet().ipv4(client, "10.77.0.1").udp(1, 81).build());
    twin_.push(0, arp_request().build());
    for (int turn = 0; turn < 4; ++turn) {
      for (const auto& member : members_) {
        const uint64_t before = test::allocations();
        member->worker.turn(now_);
        allocated += test::allocations() - before;
      }
      now_ += seconds(1);
    }
    empty_queues();
  }
  EXPECT_EQ(allocated, 0u);
  EXPECT_GT(members_[1]->counters.turn.packets.read(), 100u);
}

// What a capture of everything is told: point, note, drop, whether it has the listener.
class CaptureTest : public GatewayTest {
 protected:
  void capture() {
    wishes_[0] = CaptureWish{};
    for (const auto& member : members_) member->pipeline.tap().want(&wishes_);
  }
  std::vector<TapRecord> told() {
    std::vector<TapRecord> told;
    for (const auto& member : members_) {
      RecordRing& records = member->pipeline.tap().records();
      for (auto bytes = records.front(); !bytes.empty(); bytes = records.front()) {
        told.push_back(load<TapRecord>(bytes.data()));
        records.pop();
      }
    }
    return told;
  }
  CaptureWishes wishes_;
};

constexpr auto of_listener = static_cast<ListenerSlot>(0);
constexpr auto of_none = none<ListenerSlot>;

auto record(TapPoint point, ListenerSlot of, Drop drop = Drop::none, TapNote note = TapNote::none) {
  using testing::Field;
  return testing::AllOf(Field(&TapRecord::point, point), Field(&TapRecord::listener, of),
                        Field(&TapRecord::drop, drop), Field(&TapRecord::note, note));
}

TEST_F(CaptureTest, BothWaysOfAFlowNameTheListener) {
  start(1);
  capture();
  receive(syn(1000));
  receive(syn_ack(1000));
  const auto in = record(TapPoint::received, of_listener);
  const auto out = record(TapPoint::sent, of_listener);
  EXPECT_THAT(told(), ElementsAre(in, out, in, out));
}

TEST_F(CaptureTest, WithTwoWorkersEachPacketIsToldOnce) {
  start(2);
  capture();
  for (uint16_t port = 1000; port < 1100; ++port) receive(syn(port));
  empty_queues();
  EXPECT_EQ(told().size(), 200u);
}

TEST_F(CaptureTest, DropsHaveTheirNameAndNoStrangersListener) {
  start(1, {.vlan_id = 120});
  capture();
  receive(syn(1000).vlan(120));
  told();
  receive(syn(1000));  // ends in parse_headers
  EXPECT_THAT(told(), ElementsAre(record(TapPoint::received, of_none, Drop::vlan_foreign)));
  receive(ethernet().vlan(120).ipv4(client, listener).tcp(1, 81, tcp_flag::syn));
  EXPECT_THAT(told(),
              ElementsAre(record(TapPoint::received, of_none, Drop::no_listener),
                          record(TapPoint::sent, of_none, Drop::no_listener, TapNote::answer)));
}

TEST_F(CaptureTest, TheKernelsFramesAreToldToo) {
  start(1);
  capture();
  receive(arp_request());
  ASSERT_TRUE(twin_.push(0, arp_request().build()));
  settle();
  EXPECT_THAT(told(), ElementsAre(record(TapPoint::received, of_none, Drop::none, TapNote::to_twin),
                                  record(TapPoint::sent, of_none, Drop::none, TapNote::from_twin)));
}

TEST_F(CaptureTest, WhatTheTwinDoesNotTakeIsToldAsADrop) {
  start(1);
  capture();
  for (int i = 0; i < 64; ++i) receive(arp_request());
  told();
  receive(arp_request());
  EXPECT_THAT(told(), ElementsAre(record(TapPoint::received, of_none, Drop::none, TapNote::to_twin),
                                  record(TapPoint::received, of_none, Drop::twin_full)));
}

TEST_F(CaptureTest, WhatWaitedInVainIsToldWhenItEnds) {
  start(1);
  capture();
  receive(ethernet().ipv4("10.77.0.1", listener).tcp(1, 80, tcp_flag::syn));
  told();
  receive(ethernet().ipv4(endpoint, "10.77.0.1").tcp(8080, 1, tcp_flag::syn | tcp_flag::ack));
  EXPECT_THAT(told(),
              ElementsAre(record(TapPoint::received, of_listener, Drop::none, TapNote::held)));
  now_ += seconds(2);
  settle();
  EXPECT_THAT(told(), ElementsAre(record(TapPoint::sent, of_listener, Drop::next_hop_unresolved)));
}

// A packet for worker 0 to rehearse, as it came in.
class RehearsalRequestTest : public GatewayTest {
 protected:
  std::unique_ptr<RehearsalRequest> ask(const FrameBuilder& frame) {
    auto request = members_[0]->pipeline.make_rehearsal(packets_.make(frame.build()), 0, now_);
    members_[0]->pipeline.ask(request.get());
    return request;
  }
  test::PacketPool packets_;
};

TEST_F(RehearsalRequestTest, IsRunInTheNextTurnAndChangesNothing) {
  start(1);
  {
    const auto request = ask(syn(1000));
    EXPECT_FALSE(request->done);
    settle();
    ASSERT_TRUE(request->done);
    EXPECT_EQ(request->burst.outcomes[0].verdict, Verdict::transmit);
    EXPECT_EQ(request->rehearsal.sights().back().endpoint_address.to_string(), endpoint);
  }
  EXPECT_EQ(packets_.buffers_out(), 0u);
  EXPECT_FALSE(wire_.pull(0));
  EXPECT_THAT(flows(), ElementsAre(0));
}

TEST_F(RehearsalRequestTest, APacketThatWouldWaitIsFreed) {
  start(1);
  receive(ethernet().ipv4("10.77.0.1", listener).tcp(1, 80, tcp_flag::syn));
  {
    const auto request =
        ask(ethernet().ipv4(endpoint, "10.77.0.1").tcp(8080, 1, tcp_flag::syn | tcp_flag::ack));
    settle();
    EXPECT_EQ(request->burst.outcomes[0].verdict, Verdict::hold);
  }
  EXPECT_EQ(packets_.buffers_out(), 0u);
}

TEST_F(RehearsalRequestTest, IsWithdrawnUntilItBegins) {
  start(1);
  const auto request = ask(syn(1000));
  EXPECT_TRUE(members_[0]->pipeline.withdraw());
  settle();
  EXPECT_FALSE(request->done);
  EXPECT_FALSE(members_[0]->pipeline.withdraw());
}

}  // namespace
}  // namespace weft
