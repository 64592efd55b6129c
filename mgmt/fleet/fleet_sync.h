// Tells the peers of a fleet which flows of this gateway they would place elsewhere, and keeps what
// they tell, for the workers to look up (dataplane/table/peer_flows.h). Soft state: what is at risk
// is found anew and told again every `renew`, so that a lost datagram is made good, a peer that
// restarted learns all, and what is not told any more ends by itself. No acknowledgements, no
// queues: README.md says what was measured.
// A function of (event, now): no socket, no clock. The caller polls after events, and every 20 ms
// or so besides. Thread safety: none, one owner; PeerFlows has this as its only writer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/table/peer_flows.h"
#include "mgmt/fleet/peer_message.h"
#include "mgmt/fleet/peer_session.h"
#include "mgmt/model/status.h"

namespace weft::mgmt {

struct PeerAddress {
  IpAddress address;
  uint16_t port = 0;
  auto operator<=>(const PeerAddress&) const = default;
};

struct FleetTimes {
  Duration hello = seconds(1);       // to each peer, at least
  Duration repeat = seconds(1);      // from the look after a change to the next
  Duration renew = seconds(5);       // from look to look otherwise
  Duration silent = seconds(3);      // a peer that is not heard for so long may be dead
  Duration withdrawn = seconds(16);  // what a peer that is heard does not renew for so long is over
  Duration keep = seconds(300);  // likewise of one that is dead: as long as a flow may be silent
};

struct FleetSettings {
  std::string fleet;
  std::string key;
  std::vector<PeerAddress> peers;  // at most peers_max
  uint64_t random_seed = 0;        // must be unpredictable
  FleetTimes times;
};

inline constexpr std::size_t peers_max = 64;

class FleetSync {
 public:
  // This gateway's slot of a flow's endpoint; none: it knows no such endpoint.
  using Resolve = std::function<EndpointSlot(const PlacedFlow& flow)>;

  struct Datagram {
    PeerAddress to;
    std::vector<std::byte> bytes;
  };
  struct Actions {
    std::vector<Datagram> datagrams;
    bool look = false;          // the workers are to look for flows at risk, all of them
    bool held_changed = false;  // held() is another set
  };

  FleetSync(FleetSettings settings, PeerFlows& known, Resolve resolve, Instant now);
  FleetSync(const FleetSync&) = delete;
  FleetSync& operator=(const FleetSync&) = delete;

  // A worker found it at risk.
  void on_flow(const PlacedFlow& flow);
  void on_datagram(const PeerAddress& from, std::span<const std::byte> bytes, Instant now);
  // Workers read other tables by now, or the gateway is about to stop.
  void on_change(Instant now);
  // From now on, as FleetTimes says.
  void keep_for(Duration keep) { settings_.times.keep = keep; }
  Actions poll(Instant now);

  // Endpoints that flows of peers are on: whoever removes one keeps its record meanwhile.
  std::set<EndpointSlot> held() const;
  FleetStatus status(Instant now) const;

 private:
  struct Peer {
    PeerAddress address;
    PeerSession session;
    Instant heard{};  // what was believed, last
    Instant next_hello{};
    Instant hello_not_before{};
    uint16_t processes = 0;  // of the peer that were believed, one after another
    uint64_t flows_heard = 0;
    uint64_t refused = 0;
    uint64_t repeated = 0;
  };

  bool heard_lately(const Peer& peer, Instant now) const {
    return peer.processes != 0 && now - peer.heard < settings_.times.silent;
  }
  void believe(std::size_t peer, const PeerMessage& message, Instant now);
  void take(const PlacedFlow& flow, PeerFlows::Teller teller, Instant now);
  void say(Peer& peer, uint16_t count, std::span<const std::byte> flows);
  void flush();
  void expire(Instant now);
  void hold(EndpointSlot slot);
  void let_go(EndpointSlot slot);
  uint64_t draw();

  FleetSettings settings_;
  const FleetKey key_;
  PeerFlows& known_;
  const Resolve resolve_;
  uint64_t random_;
  const uint64_t speaker_;
  std::vector<Peer> peers_;
  std::vector<std::byte> told_;  // flows for the next datagram
  uint16_t told_count_ = 0;
  Actions actions_;
  Instant next_look_;
  uint32_t repeats_ = 0;
  Instant expired_until_;
  std::map<EndpointSlot, uint32_t> flows_on_;
  uint64_t flows_told_ = 0;
  uint64_t strangers_ = 0;
  uint64_t unknown_endpoints_ = 0;
  uint64_t replaced_ = 0;
};

}  // namespace weft::mgmt
