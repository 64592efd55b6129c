#include "mgmt/process/data_plane.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "dataplane/base/check.h"
#include "dataplane/worker/worker.h"
#include "mgmt/process/flow_memory.h"
#include "mgmt/process/wires.h"

namespace weft::mgmt {

static KeyedHash::Key random_key() {
  KeyedHash::Key key;
  CHECK(getrandom(key.data(), sizeof(key), 0) == static_cast<ssize_t>(sizeof(key)));
  return key;
}

static FlowTimeouts timeouts_of(const FlowSettings& flows) {
  return {.half_open = flows.half_open_timeout_ms,
          .established = flows.established_timeout_ms,
          .closing = flows.closing_timeout_ms,
          .udp = flows.udp_timeout_ms};
}

Result<std::unique_ptr<DataPlane>> DataPlane::open(const Model& model, Instant now) {
  if (auto enough = check_flow_memory(model); !enough) return tl::unexpected(enough.error());
  const auto wires = wires_of(model);
  if (!wires) return tl::unexpected(wires.error());
  std::vector<Attached> attached;
  for (std::size_t i = 0; i < model.interfaces.size(); ++i) {
    const InterfaceSettings& settings = model.interfaces[i];
    auto wire = DpdkInterface::open((*wires)[i]);
    if (!wire) return tl::unexpected(wire.error());
    auto twin = Twin::open({.name = settings.twin,
                            .mac = (*wire)->mac(),
                            .mtu_bytes = settings.mtu_bytes,
                            .queues = static_cast<uint32_t>(model.gateway.workers.size()),
                            .buffers = &(*wire)->buffers()});
    if (!twin) return tl::unexpected(twin.error());
    attached.push_back({*std::move(wire), *std::move(twin)});
  }
  try {
    return std::unique_ptr<DataPlane>(new DataPlane(model, std::move(attached), now));
  } catch (const std::bad_alloc&) {
    return fail("no memory for the flow tables: " + describe_flow_memory(model));
  }
}

static std::vector<pcapng::Interface> captured_interfaces(const Model& model,
                                                          const L4Settings& settings) {
  std::vector<pcapng::Interface> interfaces;
  for (std::size_t i = 0; i < model.interfaces.size(); ++i) {
    interfaces.push_back({.name = model.interfaces[i].name, .mac = settings.links[i].mac});
  }
  return interfaces;
}

DataPlane::DataPlane(const Model& model, std::vector<Attached> attached, Instant now)
    : cpus_(model.gateway.workers),
      idle_(model.gateway.idle == Idle::poll ? IdleMode::poll : IdleMode::adaptive),
      attached_(std::move(attached)),
      states_(endpoints_max, clusters_max),
      published_(static_cast<uint32_t>(cpus_.size())),
      rings_(static_cast<uint32_t>(cpus_.size())) {
  L4Settings settings{.flows_max = {.tunnel4 = model.flows.tunnel4_flows_max,
                                    .nat4 = model.flows.nat4_flows_max,
                                    .tunnel6 = model.flows.tunnel6_flows_max,
                                    .nat6 = model.flows.nat6_flows_max,
                                    .streams = model.flows.streams_max},
                      .steering_key = random_key(),
                      .probe_ports = &probe_ports_};
  if (!model.sync.peers.empty()) {
    peer_flows_ = std::make_unique<PeerFlows>(model.sync.flows_max, KeyedHash(random_key()));
    settings.peer_flows = peer_flows_.get();
  }
  for (std::size_t i = 0; i < attached_.size(); ++i) {
    attachments_.push_back({*attached_[i].wire, *attached_[i].twin});
    settings.links.push_back({model.interfaces[i].vlan, attached_[i].wire->mac()});
  }
  settings.steering_shape = set_up_rss(model, settings.steering_key);
  std::vector<Tap*> taps;
  for (std::size_t worker = 0; worker < cpus_.size(); ++worker) {
    settings.worker = static_cast<uint16_t>(worker);
    settings.flow_key = random_key();
    counters_.push_back(std::make_unique<WorkerCounters>());
    counters_view_.push_back(counters_.back().get());
    gateways_.push_back(std::make_unique<Gateway>(
        settings, states_, refuse_new_flows_, *counters_.back(), timeouts_of(model.flows), now));
    taps.push_back(&gateways_.back()->tap());
  }
  captures_ =
      std::make_unique<Captures>(taps, captured_interfaces(model, settings), "Weft " WEFT_VERSION);
}

std::vector<uint16_t> DataPlane::worker_weights() const {
  std::vector<uint32_t> queues;
  for (const Attached& attached : attached_) queues.push_back(attached.wire->queues());
  return weft::worker_weights(static_cast<uint32_t>(cpus_.size()), queues);
}

// All interfaces share one hash: the table of one device may be smaller than another's. The map is
// every snapshot's (mgmt/publish): workers come and go with the process.
SteeringShape DataPlane::set_up_rss(const Model& model, const KeyedHash::Key& steering_key) {
  SteeringShape shape{.workers = static_cast<uint32_t>(cpus_.size())};
  for (const Attached& attached : attached_) {
    const uint32_t bits = attached.wire->rss_bits();
    if (bits != 0) shape.bits = std::min(shape.bits, bits);
  }
  const SteeringHash hash(steering_key, shape);
  const SteeringMap map = shares_of(worker_weights());
  for (std::size_t i = 0; i < attached_.size(); ++i) {
    attached_[i].wire->steer_by(hash, map, model.interfaces[i].rss);
  }
  return shape;
}

DataPlane::~DataPlane() {
  stop_.store(true, std::memory_order_relaxed);
  threads_.clear();
  for (Attached& attached : attached_) attached.wire->stop();
}

Result<void> DataPlane::run() {
  for (uint32_t worker = 0; worker < cpus_.size(); ++worker) {
    auto thread =
        EalThread::start("weft-w" + std::to_string(worker), cpus_[worker], [this, worker] {
          WorkerCounters& counters = *counters_[worker];
          auto reader = published_.reader(worker);
          Worker<Gateway, Published<Snapshot>::Reader> loop(
              {worker, idle_, &gateways_[worker]->tap()}, attachments_, rings_, *gateways_[worker],
              reader, LoopCounters{counters.dropped, counters.interfaces, counters.turn});
          loop.run(stop_);
        });
    if (!thread) return tl::unexpected(thread.error());
    threads_.push_back(*std::move(thread));
  }
  return {};
}

Result<Packet> DataPlane::make_packet(uint16_t interface, std::span<const std::byte> frame) {
  rte_mbuf* buffer = rte_pktmbuf_alloc(&attached_[interface].wire->buffers());
  if (buffer == nullptr) return fail("no packet buffer is free", Fault::environment, true);
  const uint32_t room_bytes = rte_pktmbuf_tailroom(buffer);
  if (frame.size() > room_bytes) {
    rte_pktmbuf_free(buffer);
    return fail("the frame has " + std::to_string(frame.size()) + " bytes, a buffer only " +
                    std::to_string(room_bytes),
                Fault::operator_input);
  }
  const Packet packet(buffer);
  packet.resize(static_cast<uint32_t>(frame.size()));
  std::memcpy(packet.data(), frame.data(), frame.size());
  return packet;
}

uint64_t DataPlane::flows_active() const {
  uint64_t flows = 0;
  for (const WorkerCounters* counters : counters_view_) {
    flows += counters->flows_active();
  }
  return flows;
}

std::vector<std::string> DataPlane::twin_names() const {
  std::vector<std::string> names;
  for (const Attached& attached : attached_) names.emplace_back(attached.twin->name());
  return names;
}

std::vector<DeviceStats> DataPlane::device_stats() const {
  std::vector<DeviceStats> stats;
  for (const Attached& attached : attached_) stats.push_back(attached.wire->stats());
  return stats;
}

void DataPlane::mirror_carrier() {
  for (Attached& attached : attached_) attached.twin->set_carrier(attached.wire->link_up());
}

}  // namespace weft::mgmt
