#include "mgmt/io/prober.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <utility>

#include "mgmt/io/event_loop_parts.h"
#include "mgmt/io/http_probe.h"
#include "mgmt/io/kept_connections.h"

namespace weft::mgmt {

namespace {

constexpr seconds expire_interval{5};
constexpr milliseconds kept_at_least_ms{1000};
constexpr int kept_intervals = 3;

struct Probe {
  ProbeRequest request;
  std::function<void(const ProbeResult&)> on_result;
};

asio::ip::tcp::endpoint at(const IpAddress& address, uint16_t port) {
  if (address.is_v4()) return {asio::ip::address_v4(address.v4().host()), port};
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), address.bytes().data(), bytes.size());
  return {asio::ip::address_v6(bytes), port};
}

ProbeEnds ends_of(const ProbeRequest& request) {
  const uint16_t port = request.health.port != 0 ? request.health.port : request.port;
  const IpAddress& service = request.service == IpAddress{} ? request.address : request.service;
  ProbeEnds ends{
      .source = std::nullopt, .peer = at(request.address, port), .service = at(service, port)};
  if (request.source != IpAddress{}) ends.source = at(request.source, 0);
  return ends;
}

}  // namespace

// Running probes hold it, so it may outlive the prober; `ended` is true then.
struct Prober::State {
  State(EventLoop& loop_, ProberLimits limits_)
      : loop(loop_), limits(limits_), kept(limits_.kept_max), expiry(loop_, [this] {
          kept.expire(loop.now());
          expiry.expire_after(expire_interval);
        }) {
    expiry.expire_after(expire_interval);
  }

  EventLoop& loop;
  ProberLimits limits;
  KeptConnections kept;
  Timer expiry;
  uint32_t running = 0;
  std::deque<Probe> waiting;
  bool ended = false;
};

namespace {

void give(const Prober::State& state, const Probe& probe, const ProbeResult& result) {
  if (!state.ended) probe.on_result(result);
}

asio::awaitable<void> probe_tcp(Prober::State& state, const Probe& probe) {
  const milliseconds timeout_ms = probe.request.health.timeout_ms;
  beast::tcp_stream stream(state.loop.parts().context);
  const boost::system::error_code error = co_await connect_probe(
      stream, ends_of(probe.request), std::chrono::steady_clock::now() + timeout_ms);
  stream.close();
  if (error) {
    give(state, probe, probe_failed(error, ProbeStep::connecting, timeout_ms));
  } else {
    give(state, probe, {.passed = true, .why = "connected"});
  }
}

asio::awaitable<void> probe_http(Prober::State& state, const Probe& probe) {
  const HealthSettings& health = probe.request.health;
  const ProbeEnds ends = ends_of(probe.request);
  HttpProbe http(state.loop.parts().context, state.limits, health, ends);
  std::unique_ptr<ProbeConnection> kept = health.reuse ? state.kept.take(ends.peer) : nullptr;
  const ProbeResult result = co_await http.run(std::move(kept));
  give(state, probe, result);
  std::unique_ptr<ProbeConnection> left = co_await http.finish();
  if (!left || state.ended) co_return;
  const Duration idle = kept_intervals * std::max(health.interval_ms, kept_at_least_ms);
  state.kept.keep(ends.peer, std::move(left), state.loop.now() + idle);
}

asio::awaitable<void> run(std::shared_ptr<Prober::State> state, Probe probe) {
  if (probe.request.health.kind == HealthSettings::Kind::tcp) {
    co_await probe_tcp(*state, probe);
  } else {
    co_await probe_http(*state, probe);
  }
}

void launch(const std::shared_ptr<Prober::State>& state, Probe probe);

void launch_next(const std::shared_ptr<Prober::State>& state) {
  --state->running;
  if (state->ended || state->waiting.empty()) return;
  Probe next = std::move(state->waiting.front());
  state->waiting.pop_front();
  launch(state, std::move(next));
}

// Posted, so that no result comes from inside start().
void launch(const std::shared_ptr<Prober::State>& state, Probe probe) {
  ++state->running;
  asio::io_context& context = state->loop.parts().context;
  asio::post(context, [state, &context, probe = std::move(probe)]() mutable {
    asio::co_spawn(context, run(state, std::move(probe)), [state](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      launch_next(state);
    });
  });
}

}  // namespace

Prober::Prober(EventLoop& loop, ProberLimits limits)
    : state_(std::make_shared<State>(loop, limits)) {}

Prober::~Prober() {
  state_->ended = true;
  state_->waiting.clear();
  state_->expiry.cancel();
}

void Prober::start(ProbeRequest request, std::function<void(const ProbeResult&)> on_result) {
  Probe probe{std::move(request), std::move(on_result)};
  if (state_->running >= state_->limits.running_max) {
    state_->waiting.push_back(std::move(probe));
  } else {
    launch(state_, std::move(probe));
  }
}

uint32_t Prober::running() const {
  return state_->running;
}

uint32_t Prober::waiting() const {
  return static_cast<uint32_t>(state_->waiting.size());
}

uint32_t Prober::kept_connections() const {
  return state_->kept.size();
}

}  // namespace weft::mgmt
