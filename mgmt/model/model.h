// The configuration, checked: what the TOML file says with defaults filled in, names resolved to
// what they name, and no trace of the file. Plain values, compared as a whole.
// Keys and defaults come from mgmt/config/schema; names here are the keys there.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/clock.h"
#include "dataplane/interface/steering_hash.h"
#include "dataplane/table/prefix_set.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"
#include "dataplane/wire/quic_lb.h"
#include "pipelines/policy.h"

namespace weft::mgmt {

enum class Idle : uint8_t { poll, adaptive };
enum class NatReturn : uint8_t { any, symmetric };

struct GatewaySettings {
  std::string name;
  std::vector<uint32_t> workers;  // a CPU each; the same CPU may appear twice
  Idle idle = Idle::adaptive;
  std::string fleet;      // empty: this gateway stands alone
  std::string hash_seed;  // empty: drawn at random and kept in state_dir
  NatReturn nat_return = NatReturn::any;
  Transit transit = Transit::drop;
  std::string state_dir;
  uint32_t memory_mib = 0;          // for packet buffers; 0: what the queues need
  milliseconds withdraw_ms{};       // new flows are still served this long after a stop
  milliseconds drain_timeout_ms{};  // then flows may end for this long
  milliseconds ready_after_ms{};    // a listener is ready after this, probed or not
  uint32_t generations_max = 0;     // live policy generations before a reload waits
  // Synthetic ones of probes through listeners: one of a family at most, each large enough for a
  // ProbeRange.
  std::vector<IpPrefix> probe_addresses;

  bool operator==(const GatewaySettings&) const = default;
};

// With whom a gateway of a fleet shares its flows at risk.
struct SyncSettings {
  std::string address;             // address and port of its own
  std::vector<std::string> peers;  // likewise; empty: it stands alone
  std::string key;
  uint32_t flows_max = 0;  // of all peers

  bool operator==(const SyncSettings&) const = default;
};

struct FlowSettings {
  // Per worker, powers of two.
  uint32_t tunnel4_flows_max = 0;
  uint32_t tunnel6_flows_max = 0;
  uint32_t nat4_flows_max = 0;
  uint32_t nat6_flows_max = 0;
  uint32_t streams_max = 0;
  milliseconds half_open_timeout_ms{};
  milliseconds established_timeout_ms{};
  milliseconds closing_timeout_ms{};
  milliseconds udp_timeout_ms{};
  uint32_t new_flows_per_s_max = 0;  // per worker; 0: there is never an attack

  bool operator==(const FlowSettings&) const = default;
};

struct AdminSettings {
  std::string address;  // of /metrics, /ready, /live; empty: none
  std::string socket;   // weftctl's unix socket
  std::string group;    // besides root; empty: nobody

  bool operator==(const AdminSettings&) const = default;
};

struct LogSettings {
  std::string level;  // debug, info, warn, error

  bool operator==(const LogSettings&) const = default;
};

struct InterfaceAddress {  // "10.0.0.254/24"
  IpAddress address;
  uint32_t prefix_length = 0;
  bool operator==(const InterfaceAddress&) const = default;
};

struct InterfaceRoute {  // a kernel route on the twin
  IpPrefix to;
  IpAddress via;
  bool operator==(const InterfaceRoute&) const = default;
};

struct InterfaceSettings {
  std::string name;
  std::vector<std::string> devices;  // one, or one a queue
  std::optional<uint16_t> vlan;
  uint32_t mtu_bytes = 0;
  RssSide rss = RssSide::source;
  std::string twin;  // the tap's name in the kernel
  std::vector<InterfaceAddress> addresses;
  std::vector<IpPrefix> source_addresses;
  std::vector<InterfaceRoute> routes;

  bool operator==(const InterfaceSettings&) const = default;
};

struct ListenerSettings {
  std::string name;
  IpPrefix address;  // a host address mostly
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  Protocol protocol = Protocol::tcp;  // tcp or udp
  Forward forward = Forward::nat;
  HashOn hash = HashOn::five_tuple;
  std::string cluster;
  ClientAddress client_address = ClientAddress::none;
  std::vector<std::string> allow;  // names of prefix lists; empty: everyone
  std::vector<std::string> deny;
  std::vector<QuicLbSettings> quic;  // each rotation once; none: connection ids are not read
  UdpChoice udp = UdpChoice::flow;
  uint16_t mss_clamp_bytes = 0;      // 0: none; or mss_clamp_auto
  uint32_t new_flows_per_s_max = 0;  // this and the next: of all workers; 0: no limit
  uint32_t source_new_flows_per_s_max = 0;
  uint32_t flows_max = 0;
  uint32_t source_flows_max = 0;

  bool operator==(const ListenerSettings&) const = default;
};

struct PrefixListSettings {
  std::string name;
  std::shared_ptr<const PrefixSet> prefixes;  // never null once it is read

  // Of the same name, with the same addresses in it.
  bool operator==(const PrefixListSettings& other) const {
    return name == other.name && (prefixes == other.prefixes || *prefixes == *other.prefixes);
  }
};

struct EndpointSettings {
  std::string host;  // an address, or a name for the system resolver
  uint16_t port = 0;
  uint32_t weight = 1;     // 0: keeps its flows, takes no new ones
  QuicServerId server_id;  // length 0: none

  bool operator==(const EndpointSettings&) const = default;
};

struct HealthSettings {
  enum class Kind : uint8_t { tcp, http };
  Kind kind = Kind::tcp;
  std::string path;             // http: the request target
  std::string host;             // http: the Host header; empty: the endpoint's address
  uint16_t first_status = 200;  // http: the range that passes
  uint16_t last_status = 399;
  std::string body;   // http: must appear in the first 64 KiB; empty: any
  bool reuse = true;  // http: probe again on the same connection
  uint16_t port = 0;  // 0: the endpoint's, or the listener's
  // The listener whose way probes take, to its address; empty: to the endpoint's own address.
  std::string through;
  milliseconds interval_ms{};
  milliseconds timeout_ms{};
  uint32_t fall = 0;  // failures in a row until down
  uint32_t rise = 0;  // successes in a row until healthy again

  bool operator==(const HealthSettings&) const = default;
};

struct ClusterSettings {
  std::string name;
  std::vector<EndpointSettings> endpoints;
  std::optional<HealthSettings> health;  // absent: endpoints count as healthy
  OnEndpointDown on_endpoint_down = OnEndpointDown::reset;
  milliseconds slow_start_ms{};        // until a new endpoint takes all of its flows; 0: at once
  uint32_t endpoint_flows_max = 0;     // of each endpoint, over all workers; 0: any number
  milliseconds previous_tables_ms{};   // a table that was replaced is kept so long
  uint32_t maglev_slots = 0;           // 0: by the number of endpoints
  milliseconds resolve_interval_ms{};  // host names are looked up this often

  bool operator==(const ClusterSettings&) const = default;
};

struct Model {
  GatewaySettings gateway;
  SyncSettings sync;
  FlowSettings flows;
  AdminSettings admin;
  LogSettings log;
  std::vector<InterfaceSettings> interfaces;
  std::vector<ListenerSettings> listeners;
  std::vector<ClusterSettings> clusters;
  std::vector<PrefixListSettings> prefix_lists;

  bool operator==(const Model&) const = default;
};

}  // namespace weft::mgmt
