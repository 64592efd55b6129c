// For tests: a gateway's whole surroundings driven by a seed: endpoints that die and recover,
// probes that are slow or lost, host names that change or fail, reloads good and bad, a publisher
// and workers that lag behind, flows that stay on removed endpoints. After every step it checks
// what must hold whatever happens.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {

class RandomWorld {
 public:
  explicit RandomWorld(uint64_t seed);

  // One random event, then time goes on for a random while.
  void step();

  // Every event and action so far.
  const std::vector<std::string>& transcript() const { return transcript_; }
  // What was seen to be wrong; empty: nothing.
  const std::vector<std::string>& breaches() const { return breaches_; }
  // How often something worth testing happened, by name.
  const std::map<std::string, uint64_t>& seen() const { return seen_; }

 private:
  struct Host {  // an address and port out there
    bool alive = true;
    Instant dead_since;
    bool ever_passed = false;  // or counted as healthy without a check
  };
  struct Probe {
    EndpointProbe probe;
    Instant started;
    Instant reports;  // Instant::max(): never
    ProbeOutcome outcome = ProbeOutcome::passed;
  };
  struct Watched {                   // what the world knows of an endpoint id
    uint64_t failures_in_a_row = 0;  // probes started since one passed, and due to fail
    EndpointState state = EndpointState::down;
    Instant judged_by_probes_since;  // of the present settings
    std::optional<HealthSettings> health;
  };
  struct Publication {
    uint64_t generation;
    std::shared_ptr<const Desired> desired;
    Instant adopted;  // by the workers
    Instant told;     // to the controller
  };

  // ---- events
  void reload();
  void reload_badly();
  void kill_or_revive();
  void change_name();
  void change_kernel();
  void change_flows();
  void report_holdings();
  void order();
  Model random_model();
  ClusterSettings random_cluster(const std::string& name);

  // ---- time
  void advance(Duration duration);
  void happen();
  void report_probes();
  void answer_look_ups();
  void publish();
  void take(const Actions& actions);
  void start(const EndpointProbe& probe);
  Instant next_event() const;

  // ---- what must hold
  void check();
  void check_endpoint(const ClusterSettings& settings, const EndpointStatus& endpoint);
  void check_promise(const ClusterSettings& settings, const EndpointStatus& endpoint,
                     const Watched& watched);
  void check_set(const ClusterSettings& settings, const DesiredCluster& cluster);
  void check_desired(const Actions& actions);
  void breach(std::string what);
  void note(std::string line);

  uint64_t roll(uint64_t sides) { return random_() % sides; }
  Duration roll_ms(uint64_t ms_max) { return milliseconds(roll(ms_max + 1)); }

  std::mt19937_64 random_;
  EndpointStates states_;
  Instant now_{};
  Model model_;
  std::unique_ptr<Controller> controller_;
  Actions actions_;

  std::map<EndpointAddress, Host> hosts_;
  std::map<std::string, Answer> names_;
  std::vector<Probe> probes_;
  std::vector<std::pair<Instant, LookUp>> look_ups_;
  std::vector<Publication> publications_;  // in order
  std::shared_ptr<const Desired> adopted_;
  uint64_t adopted_generation_ = 0;
  uint64_t desired_generation_ = 0;
  std::map<EndpointSlot, uint64_t> flows_;
  std::map<std::string, OrderKind> orders_;  // by endpoint_text, without enabled ones

  std::map<std::pair<EndpointSlot, uint32_t>, Watched> watched_;  // by slot and generation
  std::map<std::pair<std::string, EndpointAddress>, EndpointId> ids_;
  std::vector<std::string> transcript_;
  std::vector<std::string> breaches_;
  std::map<std::string, uint64_t> seen_;
};

}  // namespace weft::mgmt
