#include "pipelines/tunnel_probes.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "pipelines/gateway.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"
#include "tests/snapshot_builder.h"

namespace weft {
namespace {

using test::Bytes;
using test::decode;
using test::Decoded;
using test::ethernet;
using test::FrameBuilder;
using test::SnapshotBuilder;

constexpr uint16_t port = 40000;  // of the kernel's socket

struct Case {
  Forward mode;
  bool inner_v4;
  bool outer_v4;
  uint32_t outer_bytes;  // header and shim

  std::string to_string() const {
    return std::string(name(mode)) + (inner_v4 ? " 4" : " 6") + (outer_v4 ? "in4" : "in6");
  }
  std::string endpoint() const { return outer_v4 ? "10.0.2.1" : "fd00::2:1"; }
  std::string listener() const { return inner_v4 ? "203.0.113.10" : "2001:db8:1::10"; }
  std::string host() const { return inner_v4 ? "10.0.0.254" : "fd00::254"; }
  std::string kernel_synthetic() const { return inner_v4 ? "240.0.0.1" : "fd77:6566:7400::1"; }
  // Of slot 1.
  std::string synthetic() const { return inner_v4 ? "240.0.0.17" : "fd77:6566:7400::11"; }
};

std::vector<Case> tunnels() {
  return {
      {Forward::ipip, true, true, 20},  {Forward::ipip, false, true, 20},
      {Forward::ipip, true, false, 40}, {Forward::ipip, false, false, 40},
      {Forward::gre, true, true, 24},   {Forward::gre, false, true, 24},
      {Forward::gre, true, false, 44},  {Forward::gre, false, false, 44},
      {Forward::gue, true, true, 28},   {Forward::gue, false, true, 28},
      {Forward::gue, true, false, 48},  {Forward::gue, false, false, 48},
  };
}

// Slots 0 and 1; the endpoint of slot 1 is the case's.
SnapshotBuilder configuration(const Case& each) {
  SnapshotBuilder b;
  b.cluster("web", {{each.outer_v4 ? "10.0.2.9" : "fd00::2:9", 8080}, {each.endpoint(), 8080}});
  b.listener(each.listener(), 80, Protocol::tcp, each.mode, "web").probed_through();
  return b;
}

FrameBuilder packet(bool v4, const std::string& from, const std::string& to) {
  return v4 ? ethernet().ipv4(from, to) : ethernet().ipv6(from, to);
}
FrameBuilder probe(const Case& each) {
  return packet(each.inner_v4, each.kernel_synthetic(), each.synthetic())
      .tcp(port, 80, tcp_flag::syn);
}
FrameBuilder reply(const Case& each) {
  return packet(each.inner_v4, each.listener(), each.host())
      .tcp(80, port, tcp_flag::syn | tcp_flag::ack);
}

// Two workers of a gateway.
class ProbedGateway {
 public:
  explicit ProbedGateway(const SnapshotBuilder& builder) : gateway(builder.build()) {
    for (uint16_t worker = 0; worker < 2; ++worker) {
      workers_.push_back(std::make_unique<Gateway>(L4Settings{.worker = worker,
                                                              .flows_max = {1024, 1024, 1024, 1024},
                                                              .links = {{}, {}},
                                                              .probe_ports = &ports_},
                                                   *gateway.states, refuse_new_flows_,
                                                   counters_[worker], FlowTimeouts{}, Instant{}));
    }
  }

  struct Output {
    Outcome outcome;
    Bytes bytes;
  };
  Output from_kernel(const FrameBuilder& frame, uint16_t interface = 0) {
    return from_kernel(std::vector{frame}, interface).front();
  }
  // In one burst.
  std::vector<Output> from_kernel(const std::vector<FrameBuilder>& frames, uint16_t interface) {
    start(frames, interface);
    workers_[0]->process_from_twin(burst_, gateway.snapshot, Instant{});
    return finish();
  }
  Output from_wire(const FrameBuilder& frame) {
    start({frame}, 0);
    workers_[1]->process(burst_, gateway.snapshot, Instant{});
    return finish().front();
  }

  test::TestGateway gateway;

 private:
  void start(const std::vector<FrameBuilder>& frames, uint16_t interface) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      burst_.packets[i] = pool_.make(frames[i].build());
    }
    burst_.start(static_cast<uint32_t>(frames.size()), interface);
  }
  std::vector<Output> finish() {
    EXPECT_EQ(burst_.live, 0u);
    std::vector<Output> outputs;
    for (uint32_t i = 0; i < burst_.size; ++i) {
      outputs.push_back({burst_.outcomes[i], test::bytes_of(burst_.packets[i])});
      test::free_packet(burst_.packets[i]);
    }
    return outputs;
  }

  test::PacketPool pool_;
  ProbePorts ports_;
  std::atomic<bool> refuse_new_flows_ = false;
  std::array<WorkerCounters, 2> counters_;
  std::vector<std::unique_ptr<Gateway>> workers_;
  Burst burst_;
};

TEST(TunnelProbes, GoTheWayOfTheListenersPacketsAndComeBackToTheKernel) {
  for (const Case& each : tunnels()) {
    SCOPED_TRACE(each.to_string());
    ProbedGateway probed(configuration(each));
    const auto sent = probed.from_kernel(probe(each), 1);
    ASSERT_EQ(sent.outcome.verdict, Verdict::transmit) << name(sent.outcome.drop);
    EXPECT_EQ(sent.outcome.target, 0);
    const Decoded outer = decode(sent.bytes);
    EXPECT_TRUE(outer.sound()) << outer;
    EXPECT_EQ(outer.destination, each.endpoint());
    EXPECT_EQ(outer.destination_mac, "02:00:00:00:01:00");
    const Decoded inner = test::decode_ip(std::span(sent.bytes).subspan(14 + each.outer_bytes));
    EXPECT_TRUE(inner.sound()) << inner;
    EXPECT_EQ(inner.source, each.host());
    EXPECT_EQ(inner.destination, each.listener());
    EXPECT_EQ(inner.source_port, port);
    EXPECT_EQ(inner.destination_port, 80);

    const auto returned = probed.from_wire(reply(each));
    ASSERT_EQ(returned.outcome.verdict, Verdict::twin) << name(returned.outcome.drop);
    const Decoded back = decode(returned.bytes);
    EXPECT_TRUE(back.sound()) << back;
    EXPECT_EQ(back.source, each.synthetic());
    EXPECT_EQ(back.destination, each.kernel_synthetic());
    EXPECT_EQ(back.source_port, 80);
    EXPECT_EQ(back.destination_port, port);
  }
}

TEST(TunnelProbes, DirectGoesToTheEndpointsMacAddress) {
  for (const bool v4 : {true, false}) {
    const Case each{Forward::direct, v4, v4, 0};
    SCOPED_TRACE(each.to_string());
    ProbedGateway probed(configuration(each));
    const auto sent = probed.from_kernel(probe(each));
    ASSERT_EQ(sent.outcome.verdict, Verdict::transmit) << name(sent.outcome.drop);
    const Decoded frame = decode(sent.bytes);
    EXPECT_TRUE(frame.sound()) << frame;
    EXPECT_EQ(frame.destination_mac, "02:00:00:00:01:00");
    EXPECT_EQ(frame.source, each.host());
    EXPECT_EQ(frame.destination, each.listener());
    EXPECT_EQ(decode(probed.from_wire(reply(each)).bytes).source, each.synthetic());
  }
}

TEST(TunnelProbes, APortIsTheEndpointsThatWasProbedFromItLast) {
  const Case each = tunnels()[0];
  ProbedGateway probed(configuration(each));
  probed.from_kernel(probe(each));
  probed.from_kernel(ethernet().ipv4("240.0.0.1", "240.0.0.16").tcp(port, 80, tcp_flag::syn));
  EXPECT_EQ(decode(probed.from_wire(reply(each)).bytes).source, "240.0.0.16");
}

TEST(TunnelProbes, ADamagedReplyStaysDamaged) {
  const Case each = tunnels()[0];
  ProbedGateway probed(configuration(each));
  probed.from_kernel(probe(each));
  EXPECT_FALSE(decode(probed.from_wire(reply(each).l4_checksum(1)).bytes).sound());
}

TEST(TunnelProbes, WhatIsNoReplyReachesTheKernelAsItIs) {
  const Case each = tunnels()[0];
  ProbedGateway probed(configuration(each));
  probed.from_kernel(probe(each));
  const FrameBuilder frames[] = {
      ethernet().ipv4("10.0.2.1", "10.0.0.254").tcp(80, port, tcp_flag::ack),
      ethernet().ipv4("203.0.113.10", "10.0.0.254").tcp(80, port + 1, tcp_flag::ack),
      ethernet().ipv4("203.0.113.10", "10.0.0.254").udp(80, port),
      ethernet().ipv4("203.0.113.10", "10.0.0.254").ttl(1).tcp(80, port, tcp_flag::ack),
      ethernet().to("ff:ff:ff:ff:ff:ff").ether_type(0x0806).payload_bytes(28),
  };
  for (const FrameBuilder& frame : frames) {
    const auto passed = probed.from_wire(frame);
    EXPECT_EQ(passed.outcome.verdict, Verdict::twin);
    EXPECT_EQ(passed.bytes, frame.build());
  }
}

TEST(TunnelProbes, WhatTheKernelSendsToOthersLeavesAsItIs) {
  ProbedGateway probed(configuration(tunnels()[0]));
  const FrameBuilder frames[] = {
      ethernet().ipv4("10.0.0.254", "10.0.2.1").tcp(port, 80, tcp_flag::syn),
      ethernet().ipv6("fd00::254", "fd00::2:1").tcp(port, 80, tcp_flag::syn),
      ethernet().to("ff:ff:ff:ff:ff:ff").ether_type(0x0806).payload_bytes(28),
      ethernet().ether_type(0x0800).payload_bytes(19),
      ethernet().ether_type(0x86dd).payload_bytes(39),
  };
  for (const FrameBuilder& frame : frames) {
    const auto sent = probed.from_kernel(frame, 1);
    EXPECT_EQ(sent.outcome.verdict, Verdict::transmit);
    EXPECT_EQ(sent.outcome.target, 1);
    EXPECT_EQ(sent.bytes, frame.build());
  }
}

TEST(TunnelProbes, ProbesAndOthersShareABurst) {
  const Case each = tunnels()[0];
  ProbedGateway probed(configuration(each));
  const FrameBuilder arp = ethernet().to("ff:ff:ff:ff:ff:ff").ether_type(0x0806).payload_bytes(28);
  const FrameBuilder unknown =
      ethernet().ipv4("240.0.0.1", "240.0.0.99").tcp(port, 80, tcp_flag::syn);
  const auto sent = probed.from_kernel({arp, probe(each), unknown, arp}, 1);
  for (const std::size_t other : {0, 3}) {
    EXPECT_EQ(sent[other].outcome.target, 1);
    EXPECT_EQ(sent[other].bytes, arp.build());
  }
  EXPECT_EQ(sent[1].outcome.target, 0);
  EXPECT_EQ(decode(sent[1].bytes).destination, each.endpoint());
  EXPECT_EQ(name(sent[2].outcome.drop), name(Drop::probe_unknown));
}

TEST(TunnelProbes, WhatIsNoProbeOfAnEndpointIsDroppedByName) {
  SnapshotBuilder b = configuration(tunnels()[0]);
  b.cluster("plain", {{"10.0.2.3", 80}});
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "plain");
  ProbedGateway probed(b);
  const auto to = [](const char* address) { return ethernet().ipv4("240.0.0.1", address); };
  struct Row {
    FrameBuilder frame;
    Drop drop;
  };
  const Row rows[] = {
      {to("240.0.0.200").tcp(port, 80, tcp_flag::syn), Drop::probe_unknown},  // no such slot
      {to("240.0.0.18").tcp(port, 80, tcp_flag::syn), Drop::probe_unknown},   // plain's
      {to("240.0.0.3").tcp(port, 80, tcp_flag::syn), Drop::probe_unknown},
      {to("240.0.0.17").udp(port, 80), Drop::probe_unknown},
      {to("240.0.0.17").icmp(8, 0), Drop::probe_unknown},
      {ethernet().ipv4("10.0.0.254", "240.0.0.17").tcp(port, 80, 2), Drop::probe_unknown},
      {ethernet().ipv6("fd77:6566:7400::1", "fd77:6566:7400::11").tcp(port, 80, 2),
       Drop::probe_unknown},  // of another family than the listener
      {to("240.0.0.17").ttl(2).tcp(port, 80, tcp_flag::syn), Drop::ttl_expired},
      {to("240.0.0.17").tcp(port, 80, tcp_flag::syn).total_length(1000), Drop::ip_length_wrong},
      {to("240.0.0.17").tcp(port, 80, tcp_flag::ack).payload_bytes(1450), Drop::packet_too_big},
  };
  for (const Row& row : rows) {
    const auto sent = probed.from_kernel(row.frame);
    EXPECT_EQ(sent.outcome.verdict, Verdict::drop);
    EXPECT_EQ(name(sent.outcome.drop), name(row.drop));
  }
}

TEST(TunnelProbes, TheHostNeedsAnAddressOfTheListenersFamily) {
  const Case each{Forward::ipip, false, true, 20};
  ProbedGateway probed(configuration(each));
  auto routing = std::make_shared<RoutingPart>(*probed.gateway.snapshot.routing);
  routing->icmp_sources[0].v6 = IpAddress{};
  probed.gateway.snapshot.routing = routing;
  EXPECT_EQ(name(probed.from_kernel(probe(each)).outcome.drop), name(Drop::no_source_address));

  routing = std::make_shared<RoutingPart>(*routing);
  routing->icmp_sources[3].v6 = *IpAddress::parse("fd03::1");
  probed.gateway.snapshot.routing = routing;
  const auto sent = probed.from_kernel(probe(each));
  ASSERT_EQ(sent.outcome.verdict, Verdict::transmit);
  EXPECT_EQ(test::decode_ip(std::span(sent.bytes).subspan(14 + 20)).source, "fd03::1");
}

TEST(TunnelProbes, ADrainingEndpointIsProbedOnAndOneThatIsGoneIsNot) {
  const Case each = tunnels()[0];
  ProbedGateway probed(configuration(each));
  auto endpoints = std::make_shared<EndpointPart>(*probed.gateway.snapshot.endpoints);
  endpoints->clusters.clear();
  probed.gateway.snapshot.endpoints = endpoints;
  EXPECT_EQ(probed.from_kernel(probe(each)).outcome.verdict, Verdict::transmit);

  endpoints = std::make_shared<EndpointPart>(*endpoints);
  EndpointRecord record = endpoints->records[1];
  record.cluster = none<ClusterSlot>;
  const std::vector<PagedArray<EndpointRecord>::Item> changes{{1, record}};
  endpoints->records = endpoints->records.with(changes);
  probed.gateway.snapshot.endpoints = endpoints;
  EXPECT_EQ(name(probed.from_kernel(probe(each)).outcome.drop), name(Drop::probe_unknown));
}

}  // namespace
}  // namespace weft
