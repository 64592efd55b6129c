// Snapshots for path tests and benchmarks, said in a line each, without mgmt:
//
//   SnapshotBuilder b;
//   b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}});
//   b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
//   auto gateway = b.build();   // gateway.snapshot, gateway.states: all healthy
//
// One interface, index 0, with 10.0.0.254/8 and fd00::254/16, and a neighbour 02:00:00:00:01:00 for
// every endpoint there; 192.0.2.0/24 behind the gateway 10.0.0.1 and 2001:db8::/32 behind fd00::1;
// nothing else is routed. Tunnels and fullnat come from the first source_addresses of the family.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/endpoint_states.h"
#include "pipelines/snapshot.h"

namespace weft::test {

struct TestEndpoint {
  std::string address;
  uint16_t port = 0;
  uint32_t weight = 1;
  std::string server_id = {};  // in hexadecimal digits; empty: none
};

struct TestGateway {
  Snapshot snapshot;
  std::unique_ptr<EndpointStates> states;
  std::map<std::string, ClusterSlot> clusters;
  std::map<std::string, EndpointSlot> endpoints;  // by "cluster/address:port"

  EndpointSlot endpoint(std::string_view cluster, std::string_view address_port) const;
  // As mgmt does: the state word, and the count of its cluster.
  void set_state(EndpointSlot endpoint, EndpointState state);
};

class SnapshotBuilder {
 public:
  SnapshotBuilder& cluster(std::string name, std::vector<TestEndpoint> endpoints,
                           OnEndpointDown on_down = OnEndpointDown::reset);
  SnapshotBuilder& listener(std::string_view prefix, uint16_t first_port, Protocol protocol,
                            Forward forward, std::string_view cluster,
                            HashOn hash = HashOn::five_tuple, uint16_t last_port = 0);
  // Whom the last listener takes; each call is a list of its own.
  SnapshotBuilder& allow(const std::vector<std::string>& prefixes);
  SnapshotBuilder& deny(const std::vector<std::string>& prefixes);
  SnapshotBuilder& limit(const ListenerLimits& flows);
  SnapshotBuilder& new_flows_per_s_max(uint32_t flows);
  SnapshotBuilder& blackholes(const std::vector<std::string>& prefixes);
  // Of the last listener.
  SnapshotBuilder& quic(std::vector<QuicLbSettings> configurations);
  SnapshotBuilder& mss_clamp(uint16_t bytes);
  SnapshotBuilder& udp(UdpChoice choice);
  SnapshotBuilder& proxy(ClientAddress version);  // whatever the others are told of clients
  // Of all listeners.
  SnapshotBuilder& client_address(ClientAddress client_address);
  // Of the cluster that was named last: what its table was made of a while ago (of endpoints that
  // it has; weight 0 there means only then), and the most flows that workers may give an endpoint.
  SnapshotBuilder& previously(std::vector<TestEndpoint> endpoints);
  SnapshotBuilder& endpoint_flows_max(uint32_t flows_max);
  SnapshotBuilder& source_addresses(std::string_view prefix);
  SnapshotBuilder& transit(Transit transit);
  SnapshotBuilder& timeouts(FlowTimeouts timeouts);
  SnapshotBuilder& workers(uint32_t workers) {
    return worker_weights(std::vector<uint16_t>(workers, 1));
  }
  SnapshotBuilder& worker_weights(std::vector<uint16_t> weights);
  // A neighbour is otherwise known for the endpoints and these.
  SnapshotBuilder& neighbour(std::string_view address);
  // Nobody knows this one's link address, endpoint or not.
  SnapshotBuilder& unresolved(std::string_view address);
  // Each neighbour has a link address of its own, which ends in its family and last two bytes.
  SnapshotBuilder& own_macs();
  SnapshotBuilder& path_mtu(uint16_t mtu_bytes);
  // Endpoints of its cluster are probed through the last listener, with synthetic addresses of
  // 240.0.0.0/11 and fd77:6566:7400::/64.
  SnapshotBuilder& probed_through();

  TestGateway build() const;

 private:
  struct Listener {
    IpPrefix prefix;
    uint16_t first_port, last_port;
    Protocol protocol;
    Forward forward;
    std::string cluster;
    HashOn hash;
    Admission admission;
    std::vector<QuicLbSettings> quic = {};
    UdpChoice udp = UdpChoice::flow;
    uint16_t mss_clamp_bytes = 0;
    ClientAddress proxy = ClientAddress::none;
    bool probed_through = false;
  };
  struct Cluster {
    std::string name;
    std::vector<TestEndpoint> endpoints;
    OnEndpointDown on_down;
    std::vector<TestEndpoint> previously;
    uint32_t flows_max = 0;
  };

  static std::shared_ptr<ClusterRecord> table(const TestGateway& gateway,
                                              const std::string& cluster,
                                              const std::vector<TestEndpoint>& endpoints);
  std::shared_ptr<PolicyPart> policy(const TestGateway& gateway) const;
  void set_source(EndpointRecord& record) const;
  std::shared_ptr<const ProbePolicy> probes() const;
  ListenerSlot probed_through(const std::string& cluster) const;
  void add_endpoints(TestGateway& gateway, EndpointPart& part) const;
  std::shared_ptr<RoutingPart> routing() const;

  std::vector<Listener> listeners_;
  std::vector<Cluster> clusters_;
  std::shared_ptr<const PrefixSet> blackholes_;
  std::vector<IpPrefix> source_addresses_;
  std::vector<IpAddress> neighbours_, unresolved_;
  FlowTimeouts timeouts_;
  ClientAddress client_address_ = ClientAddress::none;
  Transit transit_ = Transit::drop;
  bool own_macs_ = false;
  uint32_t new_flows_per_s_max_ = 0;
  std::vector<uint16_t> worker_weights_{1};
  uint16_t mtu_bytes_ = 1500;
};

}  // namespace weft::test
