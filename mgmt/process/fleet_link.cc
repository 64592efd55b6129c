#include "mgmt/process/fleet_link.h"

#include <sys/random.h>

#include "dataplane/base/check.h"

namespace weft::mgmt {

// In one look: what mgmt's loop has time for.
static constexpr uint32_t flows_at_once_max = 4096;

static uint64_t secret_number() {
  uint64_t number = 0;
  CHECK(getrandom(&number, sizeof(number), 0) == sizeof(number));
  return number;
}

static FleetSettings settings_of(const Model& model) {
  FleetSettings settings{.fleet = model.gateway.fleet,
                         .key = model.sync.key,
                         .peers = {},
                         .random_seed = secret_number(),
                         .times = {.keep = model.flows.established_timeout_ms}};
  const auto own = parse_address_and_port(model.sync.address);
  for (const std::string& text : model.sync.peers) {
    const auto peer = parse_address_and_port(text);
    CHECK(peer && own);  // as the configuration was checked
    const bool itself = peer->address == own->address && peer->port == own->port;
    if (!itself) settings.peers.push_back({peer->address, peer->port});
  }
  return settings;
}

Result<std::unique_ptr<FleetLink>> FleetLink::start(const Model& model, EventLoop& loop,
                                                    DataPlane& plane, Controller& controller,
                                                    Logs& logs) {
  if (plane.peer_flows() == nullptr) return nullptr;
  std::unique_ptr<FleetLink> link(new FleetLink(settings_of(model), loop, plane, controller, logs));
  FleetLink* self = link.get();
  auto socket = DatagramSocket::open(
      loop, model.sync.address,
      [self](const AddressAndPort& from, std::span<const std::byte> datagram) {
        self->sync_.on_datagram({from.address, from.port}, datagram, self->loop_.now());
      });
  if (!socket) return tl::unexpected(socket.error());
  link->socket_ = *std::move(socket);
  return link;
}

FleetLink::FleetLink(FleetSettings settings, EventLoop& loop, DataPlane& plane,
                     Controller& controller, Logs& logs)
    : loop_(loop),
      plane_(plane),
      controller_(controller),
      logs_(logs),
      sync_(
          std::move(settings), *plane.peer_flows(),
          [this](const PlacedFlow& flow) { return controller_.endpoint_of(flow, loop_.now()); },
          loop.now()) {}

void FleetLink::on_change() {
  sync_.keep_for(controller_.model().flows.established_timeout_ms);
  sync_.on_change(loop_.now());
}

void FleetLink::look() {
  plane_.take_flows_at_risk(flows_at_once_max,
                            [this](const PlacedFlow& flow) { sync_.on_flow(flow); });
  const FleetSync::Actions actions = sync_.poll(loop_.now());
  if (actions.look) plane_.look_for_flows_at_risk();
  if (actions.held_changed) controller_.on_peers_hold(sync_.held());
  for (const FleetSync::Datagram& datagram : actions.datagrams) {
    socket_->send({datagram.to.address, datagram.to.port}, datagram.bytes);
  }
  write_news();
}

void FleetLink::write_news() {
  const FleetStatus status = sync_.status(loop_.now());
  lived_.resize(status.peers.size());
  for (std::size_t i = 0; i < status.peers.size(); ++i) {
    const PeerStatus& peer = status.peers[i];
    if (peer.lives == lived_[i]) continue;
    lived_[i] = peer.lives;
    logs_.write(
        peer.lives ? Level::info : Level::warn, "peer",
        {{"peer", peer.address.to_string(peer.port)}, {"to", peer.lives ? "heard" : "silent"}});
  }
}

}  // namespace weft::mgmt
