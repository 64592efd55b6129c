// For tests: a controller with its surroundings played by hand. Time is what the test says it is,
// and what a poll asks for is written down as lines, so that a test is a transcript.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/controller/controller.h"
#include "mgmt/publish/worker_reports.h"
#include "pipelines/worker_counters.h"

namespace weft::mgmt {

// Models in a few words. Defaults: one interface "edge", tcp checks every 1000 ms with timeout 300,
// fall 3, rise 2.
HealthSettings tcp_health();
ClusterSettings cluster_of(std::string name, std::vector<EndpointSettings> endpoints);
ListenerSettings listener_of(std::string name, std::string_view address, std::string cluster);
Model model_of(std::vector<ListenerSettings> listeners, std::vector<ClusterSettings> clusters);
// A listener "web" on 203.0.113.10:80 and its cluster "web" of 10.0.0.1:80 and 10.0.0.2:80.
Model web_model();

class TestGateway {
 public:
  explicit TestGateway(Model model, ControllerSettings settings = {});

  Controller& operator*() { return *controller_; }
  Controller* operator->() { return controller_.get(); }
  Instant now() const { return now_; }
  const EndpointStates& states() const { return *states_; }

  // Goes to this moment, at the latest poll by poll, and gives what all of them asked for.
  std::vector<std::string> at(int64_t ms);
  // Polls now.
  std::vector<std::string> poll();

  // Reports the probe in flight to the endpoint of the cluster. Requires: there is one.
  void passes(std::string_view cluster, std::string_view endpoint);
  void fails(std::string_view cluster, std::string_view endpoint,
             std::string why = "connection refused");
  // Reports every probe in flight as passed.
  void all_pass();
  // From now on endpoints answer their probes by themselves, at once: these fail, others pass.
  void answer_probes(std::vector<std::string> dead);
  // Answers the look-up in flight. Requires: there is one.
  void resolves(const std::string& name, const Answer& answer);
  // Workers read the last Desired from now on, and have let go of everything older.
  void publishes();
  void reloads(Model model);
  // What the workers hold: flows of these endpoint slots, none of others.
  void holds(std::map<EndpointSlot, uint64_t> flows, uint32_t policy_generations = 1);

  const Desired& desired() const { return *desired_; }
  const std::vector<LogRecord>& log() const { return log_; }  // of the last at() or poll()
  const std::vector<EndpointProbe>& probes() const { return started_; }  // likewise
  const Actions& actions() const { return actions_; }                    // of the last poll
  // Requires: it is in the status.
  EndpointStatus endpoint(std::string_view cluster, std::string_view endpoint) const;
  // "healthy: first probe passed"; empty when there is no such endpoint.
  std::string state(std::string_view cluster, std::string_view endpoint) const;
  uint32_t fit(std::string_view cluster) const;

 private:
  void take(const Actions& actions, std::vector<std::string>& lines);
  void report(std::string_view cluster, std::string_view endpoint, ProbeOutcome outcome,
              std::string why);

  std::unique_ptr<EndpointStates> states_;
  std::unique_ptr<Controller> controller_;
  Instant now_{};
  std::map<EndpointSlot, EndpointProbe> probes_;  // in flight
  std::map<std::string, uint32_t> look_ups_;      // in flight, their attempts
  std::shared_ptr<const Desired> desired_;
  uint64_t generation_ = 0;
  bool answering_ = false;
  std::vector<std::string> dead_;
  std::vector<LogRecord> log_;
  std::vector<EndpointProbe> started_;
  Actions actions_;
};

// What a poll asked for, a line each: "probe 10.0.0.1:80", "look up app.internal",
// "publish 2 web: 10.0.0.1:80 10.0.0.2:80*3 draining 4", "announce web", "resolve 10.0.0.1",
// "phase serving", "refuse new flows", and records as "log endpoint_state web 10.0.0.1:80
// down->healthy (first probe passed)".
std::vector<std::string> lines_of(const Actions& actions);

// The counters of the one worker of a test; all gauges zero.
WorkerCounters& test_worker();

}  // namespace weft::mgmt
