// The gateway process: command line, then wiring.
#include <csignal>
#include <cstdio>
#include <random>

#include <CLI/CLI.hpp>

#include "dataplane/worker/eal.h"
#include "mgmt/config/config.h"
#include "mgmt/process/admin_servers.h"
#include "mgmt/process/driver.h"
#include "mgmt/process/state_dir.h"
#include "mgmt/process/wires.h"

namespace weft::mgmt {
namespace {

int say(const std::string& error) {
  std::fprintf(stderr, "weftd: %s\n", error.c_str());
  return 1;
}

int check(const std::string& file) {
  const auto loaded = config::load_file(file);
  if (!loaded) {
    std::fputs(config::to_string(loaded.error()).c_str(), stderr);
    return 1;
  }
  std::printf("%s: valid\n", file.c_str());
  return 0;
}

Result<EalSettings> eal_settings(const Model& model) {
  const auto wires = wires_of(model);
  if (!wires) return tl::unexpected(wires.error());
  EalSettings settings{.name = model.gateway.name,
                       .worker_cpus = model.gateway.workers,
                       .memory_mib = packet_memory_mib(*wires)};
  std::vector<Device> devices;
  for (const DpdkInterfaceSettings& wire : *wires) {
    devices.insert(devices.end(), wire.devices.begin(), wire.devices.end());
  }
  settings.pci_addresses = pci_addresses(devices);
  return settings;
}

// From the start on a signal does what it promises: one that comes before the gateway runs waits in
// the loop until it does. Nothing is called before `driver` is set: the loop does not run earlier.
void take_signals(EventLoop& loop, Driver*& driver) {
  for (const int signal : {SIGTERM, SIGINT}) {
    loop.on_signal(signal, [&driver] { driver->stop(); });
  }
  loop.on_signal(SIGHUP, [&driver] { driver->reload({}); });
}

void log_rss(const Model& model, const std::vector<DeviceStats>& devices, Logs& logs) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    logs.write(Level::info, "rss",
               {{"interface", model.interfaces[i].name}, {"rss", devices[i].rss}});
  }
}

Result<void> serve(Driver::Settings settings, EventLoop& loop, Driver*& running, Logs& logs) {
  const Model model = settings.model;
  const auto eal = eal_settings(model);
  if (!eal) return tl::unexpected(eal.error());
  auto started = Eal::start(*eal);
  if (!started) return tl::unexpected(started.error());
  if (const std::string& warning = (*started)->warning(); !warning.empty()) {
    logs.write(Level::warn, "hugepages", {{"why", warning}});
  }
  auto plane = DataPlane::open(model, loop.now());
  if (!plane) return tl::unexpected(plane.error());
  log_rss(model, (*plane)->device_stats(), logs);
  auto driver = Driver::start(std::move(settings), loop, **plane, logs);
  if (!driver) return tl::unexpected(driver.error());
  running = driver->get();
  WorkThread rendering("weft-render");
  auto servers = open_admin_servers(
      model.admin, loop, rendering,
      {.status = [&running] { return running->status(); },
       .report = [&running] { return running->report(); },
       .reload = [&running](auto on_done) { running->reload(std::move(on_done)); },
       .order = [&running](Order order,
                           auto on_done) { running->order(std::move(order), std::move(on_done)); },
       .capture = [&running](const CaptureRequest& request) { return running->capture(request); },
       .blackholes = [&running] { return running->blackholes(); },
       .blackhole = [&running](const BlackholeChange& change,
                               auto on_done) { running->blackhole(change, std::move(on_done)); },
       .explain = [&running](const ExplainRequest& request,
                             auto on_done) { running->explain(request, std::move(on_done)); },
       .run_elsewhere = {}});
  if (!servers) return tl::unexpected(servers.error());
  if (auto workers = (*plane)->run(); !workers) return workers;
  logs.write(Level::info, "started",
             {{"gateway", model.gateway.name},
              {"version", WEFT_VERSION},
              {"workers", model.gateway.workers.size()}});
  loop.run();
  logs.write(Level::info, "stopped");
  return {};
}

int run(const std::string& file) {
  auto loaded = config::load_file(file);
  if (!loaded) {
    std::fputs(config::to_string(loaded.error()).c_str(), stderr);
    return 1;
  }
  EventLoop loop;
  Driver* driver = nullptr;
  take_signals(loop, driver);
  Driver::Settings settings{.config_file = file,
                            .model = *std::move(loaded),
                            .drawn_hash_seed = {},
                            .orders = {},
                            .blackholes = {},
                            .random_seed = std::random_device{}()};
  const GatewaySettings& gateway = settings.model.gateway;
  auto orders = kept_orders(gateway.state_dir, gateway.name);
  if (!orders) return say(orders.error().message);
  settings.orders = *std::move(orders);
  auto blackholes = kept_blackholes(gateway.state_dir, gateway.name);
  if (!blackholes) return say(blackholes.error().message);
  settings.blackholes = *std::move(blackholes);
  if (gateway.hash_seed.empty()) {
    auto seed = kept_hash_seed(gateway.state_dir, gateway.name);
    if (!seed) return say(seed.error().message);
    settings.drawn_hash_seed = *seed;
  }
  Logs logs({.level = parse_level(settings.model.log.level).value_or(Level::info)});
  const auto served = serve(std::move(settings), loop, driver, logs);
  return served ? 0 : say(served.error().message);
}

}  // namespace
}  // namespace weft::mgmt

int main(int argc, char** argv) {
  CLI::App app("Weft: a service-mesh gateway");
  std::string config = "/etc/weft/weft.toml";
  std::string checked;
  bool reference = false;
  app.add_option("--config", config, "the configuration file")->capture_default_str();
  const CLI::Option* check =
      app.add_option("--check", checked, "validate a configuration file and exit with 0 or 1");
  app.add_flag("--print-reference", reference, "print the configuration reference and exit");
  app.set_version_flag("--version", WEFT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // --help and --version come here too
  }
  if (reference) {
    std::fputs(weft::mgmt::config::print_reference().c_str(), stdout);
    return 0;
  }
  if (check->count() > 0) return weft::mgmt::check(checked);
  return weft::mgmt::run(config);
}
