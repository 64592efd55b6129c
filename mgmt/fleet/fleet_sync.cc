#include "mgmt/fleet/fleet_sync.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"

namespace weft::mgmt {

// A stranger that makes a peer say hello makes it say few.
static constexpr Duration hello_min = milliseconds(100);
static constexpr uint32_t repeats_after_change = 1;

static PeerFlows::Teller teller(std::size_t peer, uint16_t process) {
  return static_cast<PeerFlows::Teller>(peer << 16 | process);
}

FleetSync::FleetSync(FleetSettings settings, PeerFlows& known, Resolve resolve, Instant now)
    : settings_(std::move(settings)),
      key_(fleet_key(settings_.fleet, settings_.key)),
      known_(known),
      resolve_(std::move(resolve)),
      random_(settings_.random_seed),
      speaker_(draw()),
      next_look_(now + settings_.times.renew),
      expired_until_(now) {
  CHECK(settings_.peers.size() <= peers_max);
  for (const PeerAddress& address : settings_.peers) {
    peers_.push_back({.address = address,
                      .session = PeerSession([this] { return draw(); }),
                      .next_hello = now,
                      .hello_not_before = now});
  }
}

// splitmix64, from a seed that nobody else knows. Not 0.
uint64_t FleetSync::draw() {
  uint64_t z = random_ += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return std::max<uint64_t>(z ^ z >> 31, 1);
}

// ---- speaking

void FleetSync::say(Peer& peer, uint16_t count, std::span<const std::byte> flows) {
  actions_.datagrams.push_back(
      {peer.address, encode(peer.session.next_header(speaker_), count, flows, key_)});
}

void FleetSync::on_flow(const PlacedFlow& flow) {
  if (told_.size() + flow_bytes(flow) > peer_flows_bytes_max) flush();
  append_flow(told_, flow);
  ++told_count_;
  ++flows_told_;
}

void FleetSync::flush() {
  if (told_count_ == 0) return;
  for (Peer& peer : peers_) {
    if (peer.session.proven()) say(peer, told_count_, told_);
  }
  told_.clear();
  told_count_ = 0;
}

void FleetSync::on_change(Instant now) {
  next_look_ = now;
  repeats_ = repeats_after_change;
}

FleetSync::Actions FleetSync::poll(Instant now) {
  flush();
  for (Peer& peer : peers_) {
    if (now < peer.next_hello || now < peer.hello_not_before) continue;
    say(peer, 0, {});
    peer.next_hello = now + settings_.times.hello;
    peer.hello_not_before = now + hello_min;
  }
  if (now >= next_look_) {
    actions_.look = std::ranges::any_of(peers_, [](const Peer& p) { return p.session.proven(); });
    const bool again = repeats_ > 0;
    if (again) --repeats_;
    next_look_ = now + (again ? settings_.times.repeat : settings_.times.renew);
  }
  expire(now);
  return std::exchange(actions_, {});
}

// ---- hearing

void FleetSync::on_datagram(const PeerAddress& from, std::span<const std::byte> bytes,
                            Instant now) {
  const auto peer = std::ranges::find(peers_, from, &Peer::address);
  if (peer == peers_.end()) {
    ++strangers_;
    return;
  }
  const auto message = decode(bytes, key_);
  if (!message) {
    ++peer->refused;
    return;
  }
  switch (peer->session.hear(message->header)) {
    case PeerSession::Heard::heard_before:
      ++peer->repeated;
      return;
    case PeerSession::Heard::unproven:
      peer->next_hello = now;
      return;
    case PeerSession::Heard::believed_first:
      ++peer->processes;
      peer->next_hello = now;
      on_change(now);  // it knows nothing
      break;
    case PeerSession::Heard::believed:
      break;
  }
  believe(static_cast<std::size_t>(peer - peers_.begin()), *message, now);
}

void FleetSync::believe(std::size_t index, const PeerMessage& message, Instant now) {
  Peer& peer = peers_[index];
  peer.heard = now;
  peer.flows_heard += message.flows.size();
  for (const PlacedFlow& flow : message.flows) take(flow, teller(index, peer.processes), now);
}

void FleetSync::take(const PlacedFlow& flow, PeerFlows::Teller teller, Instant now) {
  const EndpointSlot slot = resolve_(flow);
  if (slot == none<EndpointSlot>) {
    ++unknown_endpoints_;
    return;
  }
  EndpointSlot lost = none<EndpointSlot>;
  const PeerFlows::Put put = known_.put(flow, {teller, now, slot}, lost);
  if (put == PeerFlows::Put::replaced) ++replaced_;
  if (put != PeerFlows::Put::renewed || lost != none<EndpointSlot>) hold(slot);
  if (lost != none<EndpointSlot>) let_go(lost);
}

// ---- keeping

void FleetSync::expire(Instant now) {
  // All of it within the shortest time that anything is kept, and more often than that.
  const double share = std::chrono::duration<double>(now - expired_until_).count();
  const auto sets = static_cast<uint32_t>(std::min(1.0, share) * known_.sets());
  if (sets == 0) return;
  expired_until_ = now;
  known_.sweep(sets, [&](const PeerFlows::Told& told) {
    const Peer& peer = peers_[told.teller >> 16];
    const bool lives = (told.teller & UINT16_MAX) == peer.processes && heard_lately(peer, now);
    const FleetTimes& times = settings_.times;
    if (now - told.at <= (lives ? times.withdrawn : times.keep)) return false;
    let_go(told.slot);
    return true;
  });
}

void FleetSync::hold(EndpointSlot slot) {
  if (++flows_on_[slot] == 1) actions_.held_changed = true;
}

void FleetSync::let_go(EndpointSlot slot) {
  const auto flows = flows_on_.find(slot);
  CHECK(flows != flows_on_.end());
  if (--flows->second != 0) return;
  flows_on_.erase(flows);
  actions_.held_changed = true;
}

std::set<EndpointSlot> FleetSync::held() const {
  std::set<EndpointSlot> held;
  for (const auto& [slot, flows] : flows_on_) held.insert(held.end(), slot);
  return held;
}

FleetStatus FleetSync::status(Instant now) const {
  FleetStatus status{.flows_told = flows_told_,
                     .flows_known = known_.size(),
                     .flows_known_max = known_.flows_max(),
                     .flows_replaced = replaced_,
                     .unknown_endpoints = unknown_endpoints_,
                     .strangers = strangers_,
                     .peers = {}};
  for (const Peer& peer : peers_) {
    status.peers.push_back({.address = peer.address.address,
                            .port = peer.address.port,
                            .heard = peer.processes != 0,
                            .lives = heard_lately(peer, now),
                            .last_heard = peer.heard,
                            .processes = peer.processes,
                            .flows_heard = peer.flows_heard,
                            .refused = peer.refused,
                            .repeated = peer.repeated});
  }
  return status;
}

}  // namespace weft::mgmt
