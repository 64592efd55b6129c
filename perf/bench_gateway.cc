#include "perf/bench_gateway.h"

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <sys/resource.h>

#include <string>
#include <thread>
#include <utility>

#include "dataplane/wire/checksum.h"
#include "tests/packet_builder.h"

namespace weft {

static constexpr uint32_t listeners_of_a_subnet = 200;
static constexpr uint32_t endpoints_of_a_cluster_max = 1024;
static constexpr uint32_t flows_of_an_address = 16'000;

void start_bench_eal() {
  std::vector<std::string> arguments{
      "bench", "--no-huge",      "--no-pci",          "--no-shconf",
      "-m256", "--no-telemetry", "--log-level=error", "--lcores=0@0"};
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  CHECK(rte_eal_init(static_cast<int>(raw.size()), raw.data()) >= 0);
}

bool run_on_cpu(uint32_t cpu) {
  if (cpu >= std::thread::hardware_concurrency()) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

uint64_t involuntary_switches() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return static_cast<uint64_t>(usage.ru_nivcsw);
}

// ---- the mesh

IpAddress bench_listener(uint32_t cluster) {
  return IpAddress::v4(be32(0xcb000000 | cluster / listeners_of_a_subnet << 8 |
                            (cluster % listeners_of_a_subnet + 1)));
}

IpAddress bench_endpoint(uint32_t cluster, uint32_t endpoint) {
  return IpAddress::v4(be32(0x0a000000 + cluster * endpoints_of_a_cluster_max + endpoint + 1));
}

static IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

mgmt::Model bench_model(const BenchMesh& mesh) {
  mgmt::Model model;
  model.gateway.name = "bench";
  model.gateway.workers = {1};
  model.gateway.hash_seed = "bench";
  model.gateway.ready_after_ms = seconds(10);
  model.gateway.generations_max = 8;
  model.flows.half_open_timeout_ms = seconds(10);
  model.flows.established_timeout_ms = seconds(300);
  model.flows.closing_timeout_ms = seconds(10);
  model.flows.udp_timeout_ms = seconds(30);
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.interfaces[0].mtu_bytes = 1500;
  for (uint32_t c = 0; c < mesh.clusters; ++c) {
    mgmt::ListenerSettings listener;
    listener.name = listener.cluster = "c" + std::to_string(c);
    listener.address = IpPrefix::host(bench_listener(c));
    listener.first_port = listener.last_port = 80;
    listener.forward = Forward::ipip;
    model.listeners.push_back(listener);
    mgmt::ClusterSettings cluster;
    cluster.name = listener.cluster;
    cluster.health = mgmt::HealthSettings{
        .interval_ms = milliseconds(1000), .timeout_ms = milliseconds(300), .fall = 1, .rise = 2};
    cluster.maglev_slots = mesh.maglev_slots;
    cluster.resolve_interval_ms = seconds(10);
    for (uint32_t e = 0; e < mesh.endpoints; ++e) {
      cluster.endpoints.push_back({bench_endpoint(c, e).to_string(), 80, 1});
    }
    model.clusters.push_back(std::move(cluster));
  }
  return model;
}

mgmt::KernelView bench_kernel() {
  mgmt::KernelView view;
  view.links.push_back({.interface = 0,
                        .mac = {2, 0, 0, 0, 0, 1},
                        .mtu_bytes = 1500,
                        .up = true,
                        .addresses = {ip("192.0.2.254")}});
  view.neighbours.push_back({0, ip("192.0.2.1"), {2, 0, 0, 0, 1, 0}});
  view.routes.push_back({.to = *IpPrefix::parse("0.0.0.0/0"), .gateway = ip("192.0.2.1")});
  view.routes.push_back({.to = *IpPrefix::parse("192.0.2.0/24")});
  return view;
}

BenchFlow bench_flow(uint32_t number) {
  return {be32(0xac100000 + number / flows_of_an_address),
          be16(static_cast<uint16_t>(1024 + number % flows_of_an_address))};
}

BenchFrame bench_frame(uint32_t cluster, uint32_t flow, uint8_t tcp_flags) {
  const auto bytes = test::ethernet()
                         .ipv4("172.16.0.0", bench_listener(cluster).to_string())
                         .tcp(1024, 80, tcp_flags)
                         .payload_bytes(bench_frame_bytes - 14 - 20 - 20)
                         .build();
  CHECK(bytes.size() == bench_frame_bytes);
  BenchFrame frame;
  std::memcpy(frame.bytes.data(), bytes.data(), bench_frame_bytes);
  return with_flow(frame, bench_flow(flow));
}

BenchFrame with_flow(BenchFrame frame, const BenchFlow& flow) {
  std::byte* ip = frame.bytes.data() + 14;
  std::byte* tcp = ip + 20;
  ChecksumEdit edit;
  edit.replace(load<be32>(ip + 12), flow.address);
  store(ip + 10, edit.apply(load<be16>(ip + 10)));
  edit.replace(load<be16>(tcp), flow.port);
  store(tcp + 16, edit.apply(load<be16>(tcp + 16)));
  store(ip + 12, flow.address);
  store(tcp, flow.port);
  return frame;
}

// ---- the gateway

static rte_mempool* make_pool() {
  rte_mempool* pool = rte_pktmbuf_pool_create("bench", 8191, 256, 0, 2048, 0);
  CHECK(pool != nullptr);
  return pool;
}

static L4Settings l4_settings() {
  L4Settings settings;
  settings.flow_key = {1, 2, 3, 4};
  settings.steering_key = {5, 6, 7, 8};
  settings.links.resize(1);
  return settings;
}

BenchGateway::BenchGateway(const BenchMesh& mesh, mgmt::Publisher::Mode mode,
                           LoopInterface::Watch watch)
    : mesh_(mesh),
      pool_(make_pool()),
      wire_(*pool_, std::move(watch)),
      twin_(*pool_),
      attachments_{Attachment{wire_, twin_}},
      states_(endpoints_max, clusters_max),
      gateway_(l4_settings(), states_, refuse_new_flows_, counters_, FlowTimeouts{}, now_),
      reader_(published_.reader(0)),
      worker_({.index = 0, .idle = IdleMode::poll}, attachments_, rings_, gateway_, reader_,
              counters_.loop()) {
  auto started = mgmt::Controller::start(bench_model(mesh), {}, states_, now_);
  CHECK(started);
  controller_ = *std::move(started);
  controller_->on_kernel(bench_kernel());
  publisher_.emplace(published_, mode,
                     [this](uint64_t generation) { published_generation_.store(generation); });
}

BenchGateway::~BenchGateway() {
  publisher_.reset();
  rte_mempool_free(pool_);
}

bool BenchGateway::step(Duration duration) {
  now_ += duration;
  publisher_->poll();
  if (const uint64_t published = published_generation(); published > told_generation_) {
    told_generation_ = published;
    controller_->on_published(published, now_);
  }
  const mgmt::Actions actions = controller_->poll(now_);
  if (actions.desired != nullptr) publisher_->submit(actions.desired, actions.generation);
  for (const mgmt::EndpointProbe& probe : actions.probes) {
    if (holding_) {
      held_.push_back(probe);
      continue;
    }
    controller_->on_probed({probe.endpoint, probe.attempt, mgmt::ProbeOutcome::passed, ""}, now_);
  }
  return !actions.probes.empty();
}

void BenchGateway::settle() {
  while (step(Duration::zero())) {
  }
  while (published_generation() == 0) step(Duration::zero());
  for (uint32_t c = 0; c < mesh_.clusters; ++c) {
    CHECK(states_.fit_endpoints(ClusterSlot{c}) == mesh_.endpoints);
  }
}

const std::vector<mgmt::EndpointProbe>& BenchGateway::hold_probes(std::size_t count) {
  holding_ = true;
  while (held_.size() < count) step(milliseconds(1));
  return held_;
}

}  // namespace weft
