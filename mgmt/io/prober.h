// Probes endpoints with plain kernel sockets, once each time it is asked: by connecting (tcp) or by
// asking for a page (http). When to probe and what a result means is decided elsewhere.
// On the loop's thread only. Bounded whatever the peer sends: memory by `header_bytes_max` and
// a 4 KiB window on the body, time by the probe's timeout, sockets by `running_max + kept_max`.
// Every connection ends by reset, so that thousands of probes a second leave no TIME-WAIT.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "dataplane/wire/ip_address.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

struct ProbeRequest {
  IpAddress address;
  uint16_t port = 0;      // of the endpoint; health.port, when set, is probed instead
  HealthSettings health;  // timeout_ms bounds the whole probe, the connect included
  IpAddress source;       // to connect from, by a port that no other probe from there has;
                          // unspecified: as the kernel chooses
  IpAddress service;      // whose the Host header is; unspecified: address
};

struct ProbeResult {
  bool passed = false;
  // False: the gateway itself could not probe (no file descriptor or source port free), which says
  // nothing of the endpoint. Then passed is false too.
  bool conclusive = true;
  std::string why;  // "connected", "status 200", "connection refused", "no answer in 300 ms", ...
};

struct ProberLimits {
  uint32_t running_max = 4096;        // further ones wait, and their timeout starts with them
  uint32_t kept_max = 4096;           // connections kept for the next probe; the oldest goes first
  uint32_t header_bytes_max = 16384;  // of an answer; also bounds a chunk's extensions and trailers
  uint32_t body_bytes_max = 65536;    // of an answer: searched, and read to keep its connection
};

class Prober {
 public:
  explicit Prober(EventLoop& loop, ProberLimits limits = {});
  ~Prober();  // nothing is called afterwards; what runs ends by its timeout
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // Calls exactly once, never from inside this call.
  // Requires: path, host and body of an http probe hold no control characters (config checks).
  void start(ProbeRequest request, std::function<void(const ProbeResult&)> on_result);

  uint32_t running() const;
  uint32_t waiting() const;
  uint32_t kept_connections() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft::mgmt
