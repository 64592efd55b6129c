// What a seeded wire connects: kernels and stacks of ours, each with connections that send or
// receive a stream and check every byte of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/tcp/connection.h"
#include "tests/network_namespace.h"
#include "tests/tcp/seeded_wire.h"

namespace weft::test {

// What one end of a connection does: it sends so many bytes and closes its side, and reads until
// the other has closed.
class Stream {
 public:
  explicit Stream(uint64_t sends_bytes) : sends_bytes_(sends_bytes) {}

  // The next bytes to send, at most n.
  std::vector<std::byte> next(uint64_t n) const;
  void sent(uint64_t n) { sent_bytes_ += n; }
  bool all_sent() const { return sent_bytes_ == sends_bytes_; }
  void read(std::span<const std::byte> bytes);
  void finish_reading() {
    if (!finished_) finished_at_ = real_now();
    finished_ = true;
  }

  bool finished() const { return finished_; }
  bool intact() const { return intact_; }
  uint64_t read_bytes() const { return read_bytes_; }
  Duration took() const { return finished_at_ - began_at_; }

 private:
  uint64_t sends_bytes_;
  uint64_t sent_bytes_ = 0;
  uint64_t read_bytes_ = 0;
  Instant began_at_ = real_now();
  Instant finished_at_{};
  bool finished_ = false;
  bool intact_ = true;
};

// What both kinds of hosts do.
class Host : public WireEnd {
 public:
  // Waits for connections to the port; `sends_bytes` on each.
  virtual void listen(uint16_t port, uint64_t sends_bytes) = 0;
  virtual void connect(Endpoint to, uint64_t sends_bytes) = 0;

  virtual be32 address() const = 0;
  // Of all its connections, in the order in which they began.
  const std::vector<std::unique_ptr<Stream>>& streams() const { return streams_; }

 protected:
  Stream& new_stream(uint64_t sends_bytes) {
    return *streams_.emplace_back(std::make_unique<Stream>(sends_bytes));
  }

 private:
  std::vector<std::unique_ptr<Stream>> streams_;
};

// A kernel in a namespace of its own behind a tun device, with CUBIC as we have it.
class KernelHost : public Host {
 public:
  KernelHost(const std::string& address, const std::string& network);
  ~KernelHost() override;

  void listen(uint16_t port, uint64_t sends_bytes) override;
  void connect(Endpoint to, uint64_t sends_bytes) override;
  be32 address() const override { return address_; }
  void deliver(IpPacket packet, bool marked) override;
  void poll(const std::function<void(IpPacket)>& send, Instant& wakes_at) override;
  int descriptor() const override { return tun_; }
  // A shell command in its namespace.
  std::string run(const std::string& command) const { return namespace_.expect(command); }

 private:
  struct Socket {
    int descriptor;
    Stream* stream;
    bool shut_down = false;
  };
  void serve(Socket& socket);

  NetworkNamespace namespace_;
  be32 address_;
  int tun_ = -1;
  int listener_ = -1;
  uint64_t listener_sends_bytes_ = 0;
  std::vector<Socket> sockets_;
};

// A stack of ours.
class StackHost : public Host {
 public:
  StackHost(const std::string& address, const TcpSettings& settings);

  void listen(uint16_t port, uint64_t sends_bytes) override;
  void connect(Endpoint to, uint64_t sends_bytes) override;
  be32 address() const override { return address_; }
  void deliver(IpPacket packet, bool marked) override;
  void poll(const std::function<void(IpPacket)>& send, Instant& wakes_at) override;
  int descriptor() const override { return -1; }
  const Connection& connection(uint32_t i) const { return sockets_[i]->connection; }

 private:
  struct Socket {
    Endpoint ours;
    Endpoint theirs;
    Connection connection;
    Stream* stream;
  };
  Socket* find(Endpoint ours, Endpoint theirs);
  Connection::Opening opening();
  void serve(Socket& socket, Instant now);

  be32 address_;
  TcpSettings settings_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<IpPacket> replies_;
  uint16_t listens_at_ = 0;
  uint64_t listener_sends_bytes_ = 0;
  uint16_t next_port_ = 40'000;
  uint32_t opened_ = 0;
};

}  // namespace weft::test
