// Shows every frame that a worker transmits to a watcher, at the moment of it: before the faults
// of the network behind it. Thread safety: none, a simulation has one thread.
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
  WatchedInterface(Interface& inner, Watch watch) : inner_(inner), watch_(std::move(watch)) {}

  std::string_view name() const override { return inner_.name(); }
  uint32_t queues() const override { return inner_.queues(); }
  uint32_t mtu_bytes() const override { return inner_.mtu_bytes(); }
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override {
    return inner_.receive(queue, packets);
  }
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override {
    for (const Packet packet : packets) {
      Frame frame(packet.bytes());
      copy_frame(packet, frame);
      watch_(queue, frame);
    }
    return inner_.transmit(queue, packets);
  }

 private:
  Interface& inner_;
  const Watch watch_;
};

}  // namespace weft::sim
