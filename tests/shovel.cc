// A program for tests: opens an interface and the twin beside it, and carries every frame from one
// to the other until SIGTERM. Or, with --echo, sends every frame back where it came from, MAC
// addresses exchanged, cut into three segments.
//
//   shovel --name N --device D [--device D...] [--twin T] [--workers N] [--mtu N] [--vlan] [--echo]
//
// Prints "ready MAC queues N", and at the end "stopped received N missed N"; or one line with the
// error, and exits 1.
#include <fmt/format.h>
#include <rte_mbuf.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "dataplane/interface/dpdk_interface.h"
#include "dataplane/interface/twin.h"
#include "dataplane/worker/eal.h"
#include "dataplane/worker/eal_thread.h"

namespace weft {
namespace {

struct Settings {
  std::string name;
  std::vector<std::string> devices;
  std::string twin;
  uint32_t workers = 1;
  uint32_t mtu_bytes = 1500;
  bool vlan = false;
  bool echo = false;
};

using Burst32 = std::array<Packet, 32>;

void send_all(Interface& to, uint32_t queue, std::span<Packet> packets) {
  const uint32_t sent = to.transmit(queue, packets);
  for (const Packet packet : packets.subspan(sent)) rte_pktmbuf_free(packet.buffer());
}

uint32_t carry(Interface& from, Interface& to, uint32_t queue) {
  Burst32 burst;
  const uint32_t n = from.receive(queue, burst);
  send_all(to, queue, std::span(burst).first(n));
  return n;
}

// The first 34 bytes (Ethernet, IPv4 without options), a third of the rest, and the rest.
rte_mbuf* cut(rte_mbuf* whole, rte_mempool& buffers) {
  const uint32_t first = std::min<uint32_t>(34, whole->pkt_len);
  const uint32_t second = (whole->pkt_len - first) / 3;
  rte_mbuf* head = rte_pktmbuf_copy(whole, &buffers, 0, first);
  const std::array pieces = {std::pair(first, second),
                             std::pair(first + second, whole->pkt_len - first - second)};
  for (const auto& [offset, bytes] : pieces) {
    if (bytes == 0) continue;
    rte_pktmbuf_chain(head, rte_pktmbuf_copy(whole, &buffers, offset, bytes));
  }
  rte_pktmbuf_free(whole);
  return head;
}

uint32_t send_back(DpdkInterface& interface, uint32_t queue) {
  Burst32 burst;
  const uint32_t n = interface.receive(queue, burst);
  for (Packet& packet : std::span(burst).first(n)) {
    std::byte* frame = packet.data();
    std::swap_ranges(frame, frame + 6, frame + 6);
    packet = Packet(cut(packet.buffer(), interface.buffers()));
  }
  send_all(interface, queue, std::span(burst).first(n));
  return n;
}

std::atomic<bool> stopping{false};

int failed(const Error& error) {
  fmt::print("{}\n", error.message);
  return 1;
}

Result<std::unique_ptr<DpdkInterface>> open_interface(const Settings& settings) {
  std::vector<Device> devices;
  for (const std::string& text : settings.devices) {
    auto device = parse_device(text);
    if (!device) return tl::unexpected(device.error());
    devices.push_back(*device);
  }
  return DpdkInterface::open({.name = "edge",
                              .devices = devices,
                              .mtu_bytes = settings.mtu_bytes,
                              .vlan = settings.vlan,
                              .workers = settings.workers});
}

void work(const Settings& settings, DpdkInterface& interface, Twin* twin, uint32_t queue,
          std::atomic<uint64_t>& received) {
  while (!stopping.load(std::memory_order_relaxed)) {
    uint32_t n = 0;
    if (settings.echo) n = send_back(interface, queue);
    if (!settings.echo) n = carry(interface, *twin, queue) + carry(*twin, interface, queue);
    received.fetch_add(n, std::memory_order_relaxed);
    if (n == 0) std::this_thread::yield();
  }
}

int run(const Settings& settings) {
  auto eal = Eal::start({.name = settings.name, .worker_cpus = {0}, .memory_mib = 128});
  if (!eal) return failed(eal.error());
  auto interface = open_interface(settings);
  if (!interface) return failed(interface.error());
  std::unique_ptr<Twin> twin;
  if (!settings.twin.empty()) {
    auto opened = Twin::open({.name = settings.twin,
                              .mac = (*interface)->mac(),
                              .mtu_bytes = settings.mtu_bytes,
                              .queues = (*interface)->queues(),
                              .buffers = &(*interface)->buffers()});
    if (!opened) return failed(opened.error());
    twin = std::move(*opened);
  }
  std::atomic<uint64_t> received{0};
  std::vector<EalThread> workers;
  for (uint32_t q = 0; q < (*interface)->queues(); ++q) {
    auto worker = EalThread::start(fmt::format("worker-{}", q), 0, [&, q] {
      work(settings, **interface, twin.get(), q, received);
    });
    if (!worker) return failed(worker.error());
    workers.push_back(std::move(*worker));
  }
  const MacAddress& mac = (*interface)->mac();
  fmt::print("ready {:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x} queues {}\n", mac[0], mac[1], mac[2],
             mac[3], mac[4], mac[5], (*interface)->queues());
  std::fflush(stdout);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  int ignored = 0;
  sigwait(&ends, &ignored);
  stopping = true;
  workers.clear();
  fmt::print("stopped received {} missed {}\n", received.load(),
             (*interface)->stats().receive_missed);
  return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  CLI::App app("carries frames between an interface and its twin");
  weft::Settings settings;
  app.add_option("--name", settings.name)->required();
  app.add_option("--device", settings.devices)->required();
  app.add_option("--twin", settings.twin);
  app.add_option("--workers", settings.workers);
  app.add_option("--mtu", settings.mtu_bytes);
  app.add_flag("--vlan", settings.vlan);
  app.add_flag("--echo", settings.echo);
  CLI11_PARSE(app, argc, argv);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  return weft::run(settings);
}
