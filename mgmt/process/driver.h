// Drives the controller of one gateway on the event loop: tells it what happened (probes, look-ups,
// the kernel, the workers, signals, reloads) and carries out what it decides.
// Thread safety: the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "dataplane/base/result.h"
#include "mgmt/controller/controller.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/io/http_message.h"
#include "mgmt/io/prober.h"
#include "mgmt/io/resolver.h"
#include "mgmt/kernel/kernel.h"
#include "mgmt/logs/logs.h"
#include "mgmt/metrics/report.h"
#include "mgmt/process/data_plane.h"
#include "mgmt/process/explainer.h"
#include "mgmt/process/fleet_link.h"
#include "mgmt/process/reloader.h"
#include "mgmt/process/work_thread.h"
#include "mgmt/publish/publisher.h"

namespace weft::mgmt {

class Driver {
 public:
  struct Settings {
    std::string config_file;  // read again at a reload
    Model model;
    std::string drawn_hash_seed;
    std::vector<Order> orders;         // of earlier processes
    std::vector<IpPrefix> blackholes;  // likewise
    uint64_t random_seed = 0;
  };

  using OnKept = std::function<void(const Result<void>&)>;

  // Opens the kernel mirror and starts the controller. Everything given by reference outlives this.
  static Result<std::unique_ptr<Driver>> start(Settings settings, EventLoop& loop, DataPlane& plane,
                                               Logs& logs);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // The file again: taken as a whole, now or later, or refused with every error in one text.
  // on_done (may be empty) is told later.
  void reload(Reloader::OnDone on_done) { reloader_.reload(std::move(on_done)); }
  // Carried out at once; on_done is told, at once or later, when it is kept for the next process
  // too, or why not.
  void order(Order order, OnKept on_done);
  // The parts of a pcapng file, which end with the capture.
  Result<HttpParts> capture(const CaptureRequest& request);
  // As order(), of blackholes.
  void blackhole(const BlackholeChange& change, OnKept on_done);
  std::vector<IpPrefix> blackholes() const { return controller_->blackholes(); }
  // What would become of a packet, and why; on_done is told now or later.
  void explain(const ExplainRequest& request, Explainer::OnDone on_done);
  // The first begins the orderly stop, the second ends it at once. The loop stops with the last
  // phase.
  void stop();

  GatewayStatus status() const;
  Report report();

 private:
  Driver(Settings settings, EventLoop& loop, DataPlane& plane, Logs& logs);

  void step();
  void carry_out(const Actions& actions);
  void start_probe(const EndpointProbe& probe);
  void start_look_up(const LookUp& look_up);
  void write_log(const LogRecord& record);
  void wish(const KernelWishes& wishes);
  void prepare_kernel();
  void look_at_workers();
  void keep(std::function<Result<void>()> write, const OnKept& on_done);
  Result<Reloaded> take(Result<Model> read);

  static constexpr Duration holdings_interval = milliseconds(20);

  EventLoop& loop_;
  DataPlane& plane_;
  Logs& logs_;
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<FleetLink> fleet_;  // null: no peers
  WorkerReports worker_reports_;
  CounterBaselines baselines_;
  const ExplainNames names_;
  Explainer explainer_;
  Prober prober_;
  Resolver resolver_;
  Timer next_poll_;
  Timer next_look_;
  std::unique_ptr<ReadableWatch> kernel_watch_;
  bool stepping_ = false;
  std::string kernel_error_;  // the last one said
  // Last: their threads post to the loop.
  Publisher publisher_;
  Reloader reloader_;
  WorkThread keeping_;  // writes state_dir
};

}  // namespace weft::mgmt
