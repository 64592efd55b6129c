#include "mgmt/process/driver.h"

#include <fmt/format.h>

#include "mgmt/kernel/kernel_plan.h"
#include "mgmt/process/state_dir.h"

#ifndef WEFT_VERSION
#error "the build names the version"
#endif

namespace weft::mgmt {

static std::vector<std::string> interface_names(const Model& model) {
  std::vector<std::string> names;
  for (const InterfaceSettings& interface : model.interfaces) names.push_back(interface.name);
  return names;
}

Driver::Driver(Settings settings, EventLoop& loop, DataPlane& plane, Logs& logs)
    : loop_(loop),
      plane_(plane),
      logs_(logs),
      worker_reports_(plane.counters()),
      names_{[this](ListenerSlot slot) { return controller_->listener_name(slot); },
             interface_names(settings.model)},
      explainer_(plane),
      prober_(loop),
      resolver_(loop),
      next_poll_(loop, [this] { step(); }),
      next_look_(loop, [this] { look_at_workers(); }),
      publisher_(plane.published(), Publisher::Mode::thread,
                 [this](uint64_t generation) {
                   loop_.post([this, generation] {
                     controller_->on_published(generation, loop_.now());
                     if (fleet_ != nullptr) fleet_->on_change();
                     step();
                   });
                 }),
      reloader_(loop, std::move(settings.config_file), std::move(settings.model),
                [this](Result<Model> read) { return take(std::move(read)); }),
      keeping_("weft-keep") {}

Result<std::unique_ptr<Driver>> Driver::start(Settings settings, EventLoop& loop, DataPlane& plane,
                                              Logs& logs) {
  ControllerSettings controller{.random_seed = settings.random_seed,
                                .drawn_hash_seed = settings.drawn_hash_seed,
                                .orders = settings.orders,
                                .blackholes = settings.blackholes,
                                .worker_weights = plane.worker_weights()};
  Model model = settings.model;
  std::unique_ptr<Driver> driver(new Driver(std::move(settings), loop, plane, logs));
  auto kernel = Kernel::open(plane.twin_names());
  if (!kernel) return tl::unexpected(kernel.error());
  driver->kernel_ = *std::move(kernel);
  auto started = Controller::start(std::move(model), controller, plane.states(), loop.now());
  if (!started) return tl::unexpected(started.error());
  driver->controller_ = *std::move(started);

  auto fleet =
      FleetLink::start(driver->controller_->model(), loop, plane, *driver->controller_, logs);
  if (!fleet) return tl::unexpected(fleet.error());
  driver->fleet_ = *std::move(fleet);

  Driver* self = driver.get();
  self->kernel_->on_change([self](const KernelView& view) {
    self->controller_->on_kernel(view);
    self->step();
  });
  self->kernel_watch_ = std::make_unique<ReadableWatch>(
      loop, self->kernel_->fd(), [self] { self->kernel_->process_events(); });
  self->controller_->on_kernel(self->kernel_->view());
  plane.mirror_carrier();
  self->prepare_kernel();
  self->look_at_workers();
  return driver;
}

// Carrying out actions may cause events in turn (a kernel that answers at once): they are taken up
// by the next round instead of a deeper call.
void Driver::step() {
  if (stepping_) {
    next_poll_.expire_after(Duration::zero());
    return;
  }
  stepping_ = true;
  const Actions actions = controller_->poll(loop_.now());
  carry_out(actions);
  stepping_ = false;
  if (actions.next_poll != Instant::max()) next_poll_.expire_at(actions.next_poll);
}

void Driver::carry_out(const Actions& actions) {
  for (const LogRecord& record : actions.log) write_log(record);
  if (actions.refuse_new_flows) plane_.refuse_new_flows();
  if (actions.kernel) wish(*actions.kernel);
  if (actions.desired != nullptr) {
    baselines_.note(controller_->status(), plane_.counters());
    publisher_.submit(actions.desired, actions.generation);
  }
  for (const EndpointProbe& probe : actions.probes) start_probe(probe);
  for (const LookUp& look_up : actions.look_ups) start_look_up(look_up);
  for (const NextHopAddress& next_hop : actions.neighbours) {
    kernel_->resolve(next_hop.interface, next_hop.address);
  }
  if (actions.phase == Phase::withdrawing && fleet_ != nullptr) fleet_->on_change();
  if (actions.phase == Phase::stopped) loop_.stop();
}

static ProbeOutcome outcome_of(const ProbeResult& result) {
  if (!result.conclusive) return ProbeOutcome::inconclusive;
  return result.passed ? ProbeOutcome::passed : ProbeOutcome::failed;
}

void Driver::start_probe(const EndpointProbe& probe) {
  const ProbeRequest request{probe.address, probe.port, *probe.settings, probe.source,
                             probe.service};
  prober_.start(request, [this, probe](const ProbeResult& result) {
    controller_->on_probed({probe.endpoint, probe.attempt, outcome_of(result), result.why},
                           loop_.now());
    step();
  });
}

void Driver::start_look_up(const LookUp& look_up) {
  resolver_.resolve(look_up.name, [this, look_up](const Addresses& answer) {
    controller_->on_resolved(look_up.name, look_up.attempt, answer, loop_.now());
    step();
  });
}

void Driver::write_log(const LogRecord& record) {
  std::vector<LogField> fields;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) fields.emplace_back(key, value);
  };
  add("listener", record.listener);
  add("cluster", record.cluster);
  add("endpoint", record.endpoint);
  add("from", record.from);
  add("to", record.to);
  add("why", record.why);
  const bool warns = record.level == LogRecord::Level::warning;
  logs_.write(warns ? Level::warn : Level::info, record.event, fields);
}

void Driver::wish(const KernelWishes& wishes) {
  // Also of a reload that waited until now.
  if (const auto level = parse_level(wishes.model->log.level)) logs_.set_level(*level);
  const KernelPlan plan = plan_kernel(
      *wishes.model, [&](const ListenerSettings& listener) { return wishes.announces(listener); });
  const auto applied = kernel_->apply(plan);
  const std::string error = applied ? "" : applied.error().message;
  if (!error.empty() && error != kernel_error_) {
    logs_.write(Level::error, "kernel_refused", {{"why", error}});
  }
  kernel_error_ = error;
}

// The kernel holds what a configuration says, and says so, before the first snapshot with it is
// made: what the workers would send by a route that comes later is lost.
void Driver::prepare_kernel() {
  wish(controller_->kernel_wishes());
  kernel_->process_events();
}

void Driver::look_at_workers() {
  plane_.mirror_carrier();
  plane_.captures().poll(loop_.now(), names_.listener);
  explainer_.poll(names_, loop_.now());
  if (fleet_ != nullptr) fleet_->look();
  plane_.take_neighbour_wishes([&](const Neighbour& neighbour) {
    controller_->on_next_hop_wanted({neighbour.interface, neighbour.address}, loop_.now());
  });
  const auto live = publisher_.status().policy_generations.size();
  controller_->on_holdings({worker_reports_, plane_.flows_active(), static_cast<uint32_t>(live)},
                           loop_.now());
  step();
  next_look_.expire_after(holdings_interval);
}

Result<Reloaded> Driver::take(Result<Model> read) {
  const Instant now = loop_.now();
  Result<Reloaded> taken;
  if (read) {
    taken = controller_->on_config(*std::move(read), now);
  } else {
    taken = tl::unexpected(read.error());
    controller_->on_config_error(read.error().message, now);
  }
  if (!taken) logs_.write(Level::error, "reload_refused", {{"why", taken.error().message}});
  if (taken) prepare_kernel();
  step();
  return taken;
}

// What is decided already holds; state_dir is written on a thread of its own.
void Driver::keep(std::function<Result<void>()> write, const OnKept& on_done) {
  const auto answer = [on_done](const Result<void>& kept) {
    if (kept) return on_done(kept);
    on_done(fail("it holds until the gateway stops, and not longer: " + kept.error().message));
  };
  const bool runs = keeping_.run([this, answer, write = std::move(write)] {
    loop_.post([answer, kept = write()] { answer(kept); });
  });
  if (!runs) answer(fail("too many changes at a time"));
}

void Driver::order(Order order, OnKept on_done) {
  using std::chrono::system_clock;
  order.at = std::chrono::floor<std::chrono::seconds>(system_clock::now());
  const Result<void> taken = controller_->on_order(order, loop_.now());
  step();
  if (!taken) return on_done(taken);
  const GatewaySettings& gateway = controller_->model().gateway;
  keep([folder = gateway.state_dir, name = gateway.name,
        orders = controller_->orders()] { return keep_orders(folder, name, orders); },
       on_done);
}

void Driver::blackhole(const BlackholeChange& change, OnKept on_done) {
  const Result<void> taken = controller_->on_blackholes(change, loop_.now());
  step();
  if (!taken) return on_done(taken);
  const GatewaySettings& gateway = controller_->model().gateway;
  keep([folder = gateway.state_dir, name = gateway.name,
        prefixes = blackholes()] { return keep_blackholes(folder, name, prefixes); },
       on_done);
}

Result<HttpParts> Driver::capture(const CaptureRequest& request) {
  auto started = plane_.captures().start(request, loop_.now(), std::chrono::system_clock::now());
  if (!started) return tl::unexpected(started.error());
  return [capture = *std::move(started)] { return capture->take(); };
}

void Driver::explain(const ExplainRequest& request, Explainer::OnDone on_done) {
  explainer_.explain(request, names_, loop_.now(), std::move(on_done));
}

void Driver::stop() {
  controller_->on_stop(loop_.now());
  step();
}

GatewayStatus Driver::status() const {
  GatewayStatus status = controller_->status();
  if (fleet_ != nullptr) status.fleet = fleet_->status();
  return status;
}

Report Driver::report() {
  return make_report(
      status(), plane_.counters(), plane_.device_stats(), baselines_,
      {loop_.now(), std::chrono::system_clock::now(), loop_.lag_max(), WEFT_VERSION});
}

}  // namespace weft::mgmt
