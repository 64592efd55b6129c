// A UDP socket with one address of its own. It never waits: what the kernel has no room for is
// lost, as on the network. Thread safety: the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "dataplane/base/result.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/io/socket_address.h"

namespace weft::mgmt {

class DatagramSocket {
 public:
  // Larger ones are cut off.
  static constexpr std::size_t datagram_bytes_max = 2048;
  using OnDatagram = std::function<void(const AddressAndPort& from, std::span<const std::byte>)>;

  // "10.0.0.254:7946" or "[fd00::254]:7946"; L4 port 0 means any. The address need not be there yet
  // (an interface's twin gets its addresses later). Error: one sentence.
  static Result<std::unique_ptr<DatagramSocket>> open(EventLoop& loop, const std::string& address,
                                                      OnDatagram on_datagram);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  // False: the kernel did not take it.
  bool send(const AddressAndPort& to, std::span<const std::byte> datagram);
  uint16_t port() const { return port_; }

 private:
  DatagramSocket(EventLoop& loop, int descriptor, uint16_t port, OnDatagram on_datagram);
  void receive();

  const int descriptor_;
  const uint16_t port_;
  OnDatagram on_datagram_;
  ReadableWatch watch_;
};

}  // namespace weft::mgmt
