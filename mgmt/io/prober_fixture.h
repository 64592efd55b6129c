// For tests: a prober on a loop's thread, while the test plays the endpoint.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mgmt/io/looping_thread.h"
#include "mgmt/io/plain_peer.h"
#include "mgmt/io/prober.h"

namespace weft::mgmt {

// A listener whose queue is full: the kernel drops every further SYN to it.
class FullListener {
 public:
  FullListener() {
    while (queue_.size() < 66) {
      queue_.push_back(PlainConnection::begin_to_port(listener_.port()));
    }
  }
  uint16_t port() const { return listener_.port(); }

 private:
  PlainListener listener_;
  std::vector<PlainConnection> queue_;
};

class ProberFixture : public testing::Test {
 protected:
  ProberFixture() { limit({}); }
  ~ProberFixture() override {
    thread_.run([&] { prober_.reset(); });
  }

  void limit(ProberLimits limits) {
    thread_.run([&] {
      prober_.reset();
      prober_.emplace(thread_.loop(), limits);
    });
  }

  static ProbeRequest tcp_probe(uint16_t port, milliseconds timeout_ms = seconds(10)) {
    ProbeRequest request;
    request.address = *IpAddress::parse("127.0.0.1");
    request.port = port;
    request.health.timeout_ms = timeout_ms;
    request.health.interval_ms = seconds(1);
    return request;
  }
  static ProbeRequest http_probe(uint16_t port, milliseconds timeout_ms = seconds(10)) {
    ProbeRequest request = tcp_probe(port, timeout_ms);
    request.health.kind = HealthSettings::Kind::http;
    request.health.path = "/healthz";
    return request;
  }
  // An L4 port that nobody listens on.
  static uint16_t closed_port() { return PlainListener().port(); }

  std::future<ProbeResult> start(const ProbeRequest& request) {
    auto promise = std::make_shared<std::promise<ProbeResult>>();
    thread_.run([&] {
      prober_->start(request, [promise](const ProbeResult& result) { promise->set_value(result); });
    });
    return promise->get_future();
  }
  ProbeResult probe(const ProbeRequest& request) { return start(request).get(); }

  Instant now() { return thread_.loop().now(); }
  uint32_t kept() {
    return thread_.run([&] { return prober_->kept_connections(); });
  }
  // Asks on the loop's thread until it holds, at most ten seconds.
  bool comes_true(const std::function<bool()>& condition) {
    const Instant deadline = now() + seconds(10);
    while (!thread_.run(condition)) {
      if (now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  LoopingThread thread_;
  std::optional<Prober> prober_;
};

}  // namespace weft::mgmt
