// Shows every frame that a worker receives or transmits to a watcher, at the moment of it: behind
// the faults of the network on its way in, before those on its way out. Thread safety: none, a
// simulation has one thread.
#pragma once

#include <functional>
#include <utility>

#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/interface.h"
#include "dataplane/interface/memory_interface.h"

namespace weft::sim {

class WatchedInterface final : public Interface {
 public:
  using Watch = std::function<void(uint32_t queue, const Frame& frame)>;

  // Both outlive this.
  WatchedInterface(Interface& inner, Watch received, Watch transmitted)
      : inner_(inner), received_(std::move(received)), transmitted_(std::move(transmitted)) {}

  std::string_view name() const override { return inner_.name(); }
  uint32_t queues() const override { return inner_.queues(); }
  uint32_t mtu_bytes() const override { return inner_.mtu_bytes(); }
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override {
    const uint32_t count = inner_.receive(queue, packets);
    show(queue, packets.first(count), received_);
    return count;
  }
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override {
    show(queue, packets, transmitted_);
    return inner_.transmit(queue, packets);
  }

 private:
  static void show(uint32_t queue, std::span<Packet> packets, const Watch& watch) {
    for (const Packet packet : packets) {
      Frame frame(packet.bytes());
      copy_frame(packet, frame);
      watch(queue, frame);
    }
  }

  Interface& inner_;
  const Watch received_;
  const Watch transmitted_;
};

}  // namespace weft::sim
